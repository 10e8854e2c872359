
namespace OrleansTagCache.Tests.Http;

/// <summary>Requests whose end is a matter of opinion: what one program takes for a body, another may take for the next request.</summary>
internal static class FramingAttacks
{
    private const string Smuggled = "GET /v1/entry?key=smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    public static IEnumerable<Attack> All
    {
        get
        {
            yield return Put("a length and chunks", 400, "0\r\n\r\n" + Smuggled, "Content-Length: 5", "Transfer-Encoding: chunked");
            yield return Put("two lengths", 400, "value", "Content-Length: 5", "Content-Length: 6");
            yield return Put("two lengths in one header", 400, "value", "Content-Length: 5, 6");
            yield return Put("a length below zero", 400, "value", "Content-Length: -5");
            yield return Put("a length that is no number", 400, "value", "Content-Length: five");
            yield return Put("a length in hexadecimal", 400, "value", "Content-Length: 0x5");
            yield return Put("a length beyond numbers", 400, "value", "Content-Length: 99999999999999999999");
            yield return Put("an empty length", 400, "value", "Content-Length: ");
            yield return Put("an unknown transfer encoding", 400, "value", "Transfer-Encoding: x");
            yield return Put("identity as a transfer encoding", 400, "value", "Transfer-Encoding: identity");
            yield return Put("chunks that are not the last encoding", 400, "0\r\n\r\n", "Transfer-Encoding: chunked, gzip");
            yield return Put("gzip and chunks", 400, "0\r\n\r\n", "Transfer-Encoding: gzip, chunked");
            yield return Put("chunks with a tail", 400, "0\r\n\r\n", "Transfer-Encoding: chunkedx");
            yield return Put("chunks with a vertical tab", 400, "0\r\n\r\n", "Transfer-Encoding: \u000bchunked");
            foreach (var (name, body) in new[]
            {
                ("no number", "zz\r\nvalue\r\n0\r\n\r\n"), ("below zero", "-1\r\nvalue\r\n0\r\n\r\n"), ("with a prefix", "0x5\r\nvalue\r\n0\r\n\r\n"), ("beyond 31 bits", "80000000\r\nvalue\r\n0\r\n\r\n"),
                ("beyond 64 bits", "FFFFFFFFFFFFFFFFF\r\nvalue\r\n0\r\n\r\n"), ("empty", "\r\nvalue\r\n0\r\n\r\n"), ("with a space before it", " 5\r\nvalue\r\n0\r\n\r\n"),
                ("shorter than its chunk", "3\r\nvalue\r\n0\r\n\r\n"), ("longer than its chunk", "9\r\nvalue\r\n0\r\n\r\n"), ("with a bare line feed", "5\nvalue\n0\n\n"),
            })
            {
                yield return Put($"a chunk size {name}", 400, body, "Transfer-Encoding: chunked");
            }

            foreach (var (name, body) in new[] { ("in the middle of a chunk", "5\r\nval"), ("before a chunk", "5\r\n"), ("before the last chunk", "5\r\nvalue\r\n") })
            {
                yield return Put($"chunks that stop {name}", 408, body, "Transfer-Encoding: chunked");
            }

            yield return Put("a body that is shorter than its length", 408, "val", "Content-Length: 5");
            yield return Raw("no version", 400, "GET /v1/entry?key=mine\r\n\r\n");
            yield return Raw("version 0.9", 505, "GET /v1/entry?key=mine HTTP/0.9\r\n\r\n");
            yield return Raw("version 1.9", 505, "GET /v1/entry?key=mine HTTP/1.9\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("version 2 in clear text", 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            yield return Raw("an unknown version", 400, "GET /v1/entry?key=mine HTTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("an empty method", 400, " /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a method with a zero", 400, "G\0T /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a zero in the target", 400, "GET /v1/en\0try?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a zero in the query", 400, "GET /v1/entry?key=mi\0ne HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("bytes beyond ASCII in the target", 400, "GET /v1/entry\u00e9?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a target without a slash", 400, "GET v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a target of 400 KB", 414, $"GET /v1/entry?key={new string('k', 400_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a method of 400 KB", 414, $"{new string('G', 400_000)} / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("a hello of TLS", 400, "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003");
            yield return Raw("words", 400, "hello\r\n\r\n");
            yield return Raw("zeros", 400, new string('\0', 100));
            yield return Raw("another's absolute address", 400, "GET http://evil.example/v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            yield return Raw("CONNECT", 404, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n");
            yield return Raw("upgrade to a WebSocket", 401, "GET /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        }
    }

    private static Attack Put(string name, int status, string body, params string[] headers) => new("Framing", name, status, loot =>
        [.. Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, headers), .. Wire.Text(body)]);

    private static Attack Raw(string name, int status, string text) => new("Framing", name, status, _ => Wire.Text(text));
}

/// <summary>Bodies that are too large, or not what they say.</summary>
internal static class BodyAttacks
{
    public static IEnumerable<Attack> All
    {
        get
        {
            yield return new("Bodies", "a value of one byte too many", 413, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", new byte[AttackSilo.MaximumPayloadBytes + 1]));
            yield return new("Bodies", "a value of one byte too many, in chunks", 413, loot => Chunked(loot, AttackSilo.MaximumPayloadBytes + 1));
            yield return new("Bodies", "a value that is announced with a terabyte", 413, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, "Content-Length: 1099511627776"));
            yield return new("Bodies", "a value that is announced with a terabyte, and asks first", 413, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, "Content-Length: 1099511627776", "Expect: 100-continue"));
            yield return new("Bodies", "JSON that is announced with a terabyte", 413, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", null, "Content-Length: 1099511627776"));
            yield return new("Bodies", "JSON in UTF-16", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", System.Text.Encoding.Unicode.GetBytes("{\"tags\":[\"a\"]}")));
            yield return new("Bodies", "JSON that is compressed", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], "Content-Encoding: gzip"));
            yield return new("Bodies", "XML with an entity", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", Wire.Text("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"), "Content-Type: application/xml"));
            yield return new("Bodies", "a form", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", Wire.Text("tags=a&tags=b"), "Content-Type: application/x-www-form-urlencoded"));
            yield return new("Bodies", "a number of 100,000 digits", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/revalidate", Wire.Text("{\"tags\":[\"a\"],\"expire\":" + new string('9', 100_000) + "x}")));
            yield return new("Bodies", "the name of a member of Object", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", Wire.Text("{\"tags\":[\"a\"],\"__proto__\":{}}")));
            yield return new("Bodies", "a type to be made", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", Wire.Text("{\"$type\":\"System.IO.FileInfo\",\"tags\":[\"a\"]}")));
        }
    }

    private static byte[] Chunked(Loot loot, int length) =>
        [.. Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, "Transfer-Encoding: chunked"), .. Wire.Text($"{length:x}\r\n"), .. new byte[length], .. "\r\n0\r\n\r\n"u8];
}

/// <summary>Addresses and methods that are none.</summary>
internal static class PathAttacks
{
    public static IEnumerable<Attack> All
    {
        get
        {
            foreach (var path in new[]
            {
                "/", "/v1", "/v1/", "/v2/entry?key=mine", "/v1/entry/mine", "/v1/entry/../cluster/x", "/v1/%65ntry/x", "/v1//entry?key=mine", "/..%2f..%2fetc/passwd", "/appsettings.json", "/.env", "/v1/tagz",
                "/v1/entry.json?key=mine", "/v1/entry%00?key=mine", "/v1/entry;a=b?key=mine", "/admin", "/openapi/v2.json", "/openapi/..%2fv1.json", "/swagger", "/v1/hooks", "/v1/hooks/a/b",
            })
            {
                yield return new("Addresses", path, path.Contains("%00", StringComparison.Ordinal) ? 400 : 404, loot => Wire.Request(loot.Full, "GET", path));
            }

            foreach (var (method, path) in new[]
            {
                ("POST", "/v1/entry?key=mine"), ("PATCH", "/v1/entry?key=mine"), ("OPTIONS", "/v1/entry?key=mine"), ("TRACE", "/v1/entry?key=mine"), ("PROPFIND", "/v1/entry?key=mine"), ("get", "/v1/entry?key=mine&wait=0"),
                ("GET", "/v1/tags/update"), ("PUT", "/v1/tags/update"), ("DELETE", "/v1/tags/update"), ("GET", "/v1/entry/abandon?key=mine"), ("POST", "/v1/cluster"), ("DELETE", "/v1/tag?tag=a"), ("POST", "/health/live"),
                ("GET", "/v1/hooks/cms"), ("PUT", "/v1/hooks/cms"),
            })
            {
                yield return new("Addresses", $"{method} {path}", method == "get" ? 404 : 405, loot => Wire.Request(loot.Full, method, path, method == "GET" ? null : []));
            }

            yield return new("Addresses", "another method by a header", 405, loot => Wire.Request(loot.Full, "POST", "/v1/entry?key=mine", [], "X-HTTP-Method-Override: DELETE"));
            foreach (var (name, query) in new[]
            {
                ("a half escape", "%"), ("an escape of one digit", "%4"), ("an invalid escape", "%zz"), ("overlong UTF-8", "%C0%AF"), ("UTF-8 of a surrogate", "%ED%A0%80"), ("UTF-8 beyond Unicode", "%F5%80%80%80"),
                ("half of UTF-8", "%E2%82"), ("Latin-1", "%E9"), ("UTF-16", "%FF%FEa%00"), ("IIS's escapes", "%u0061"),
            })
            {
                yield return new("Addresses", $"{name} in a query", 400, loot => Wire.Request(loot.Full, "GET", $"/v1/entry?key={query}&wait=0"));
            }
        }
    }
}

/// <summary>Calls of a webhook that are not signed, not now, not once, or not what the hook takes.</summary>
internal static class HookAttacks
{
    private const string Body = "{\"page\":\"a\"}";

    public static IEnumerable<Attack> All
    {
        get
        {
            yield return Call("no signature", 401, Body, HookSilo.Now(), _ => null);
            yield return Call("no time stamp", 401, Body, null, now => HookSilo.Sign(now, Body, AttackSilo.Secret));
            yield return Call("an API key in its place", 401, Body, HookSilo.Now(), _ => null);
            yield return Call("a signature of another body", 401, Body, HookSilo.Now(), now => HookSilo.Sign(now, Body + " ", AttackSilo.Secret));
            yield return Call("a signature under another secret", 401, Body, HookSilo.Now(), now => HookSilo.Sign(now, Body));
            yield return Call("a signature of another time", 401, Body, HookSilo.Now(), _ => HookSilo.Sign(HookSilo.Now(-1), Body, AttackSilo.Secret));
            yield return Call("a signature of the body alone", 401, Body, HookSilo.Now(), _ => HookSilo.Sign(string.Empty, Body, AttackSilo.Secret));
            foreach (var signature in new[] { "", "v1=", "v0=00", "v1=zz", new string('0', 64), $"v1={new string('0', 64)}", $"v1={new string('0', 63)}", "none", "v1=null", $"{new string(',', 1_000)}" })
            {
                yield return Call($"the signature '{(signature.Length > 80 ? signature[..20] + "..." : signature)}'", 401, Body, HookSilo.Now(), _ => signature);
            }

            foreach (var seconds in new[] { -301, 301, -86_400, 86_400 })
            {
                yield return new("Webhooks", $"a call of {seconds} s", 401, _ => Bytes(Body, HookSilo.Now(seconds), HookSilo.Sign(HookSilo.Now(seconds), Body, AttackSilo.Secret)));
            }

            foreach (var time in new[] { "0", "-1", "1e9", "now", "", "99999999999999999999", "2027-01-01T00:00:00Z", "\u0661" })
            {
                yield return Call($"the time stamp '{time}'", 401, Body, time, now => HookSilo.Sign(now, Body, AttackSilo.Secret));
            }

            foreach (var body in new[] { "", "{}", "[]", "null", "{\"page\":null}", "{\"page\":{}}", "{\"page\":true}", "{\"page\":\"\\u0000\"}", "{\"page\":\"\\ud800\"}", "{\"page\":", "<page/>", "page=a", "{\"page\":1,\"page\":2}" })
            {
                yield return new("Webhooks", $"a signed body that does not have what the hook needs: {(body.Length == 0 ? "none" : body)}", 400, _ => Bytes(body, HookSilo.Now(), HookSilo.Sign(HookSilo.Now(), body, AttackSilo.Secret)));
            }

            yield return new("Webhooks", "a signed body that is too large", 413, _ => Bytes(new string(' ', 300_000), HookSilo.Now(), HookSilo.Sign(HookSilo.Now(), new string(' ', 300_000), AttackSilo.Secret)));
            yield return new("Webhooks", "a call of a hook that does not exist", 401, _ => Bytes(Body, HookSilo.Now(), HookSilo.Sign(HookSilo.Now(), Body, AttackSilo.Secret), "nobodys"));
        }
    }

    private static Attack Call(string name, int status, string body, string? time, Func<string, string?> sign) => new("Webhooks", name, status, _ => Bytes(body, time, sign(time ?? HookSilo.Now())));

    private static byte[] Bytes(string body, string? time, string? signature, string hook = "cms") => Wire.Request(
        [.. time is null ? [] : new[] { $"Tag-Cache-Timestamp: {time}" }, .. signature is null ? [] : new[] { $"Tag-Cache-Signature: {signature}" }],
        "POST",
        $"/v1/hooks/{hook}",
        System.Text.Encoding.UTF8.GetBytes(body));
}

/// <summary>Connections that are opened, and then not used as they should be.</summary>
internal static class SlowAttacks
{
    public static IEnumerable<Attack> All
    {
        get
        {
            yield return Stalled("half of a request line", 408, _ => Wire.Text("GET /v1/ent"));
            yield return Stalled("half of the headers", 408, _ => Wire.Text("GET /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Head"));
            yield return Stalled("no end of the headers", 408, _ => Wire.Text("GET /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
            yield return Stalled("half of a body", 408, loot => [.. Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, "Content-Length: 1000"), .. Wire.Text("half")]);
            yield return Stalled("no body", 408, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, "Content-Length: 1000"));
            yield return Stalled("half of a chunk", 408, loot => [.. Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", null, "Transfer-Encoding: chunked"), .. Wire.Text("10\r\nhalf")]);
            yield return Stalled("half of a hook's body", 408, _ => [.. Wire.Request(Array.Empty<string>(), "POST", "/v1/hooks/cms", null).AsSpan()[..^2], .. Wire.Text("Content-Length: 1000\r\n\r\nhalf")]);
            yield return new("Slow connections", "closed after half of a request", 400, _ => Wire.Text("GET /v1/entry?key=mine HTTP/1.1\r\nHost: 127")) { Closes = true, MayGoUnheard = true };
            yield return new("Slow connections", "closed before anything", 0, _ => []) { Closes = true };
        }
    }

    private static Attack Stalled(string name, int status, Func<Loot, byte[]> bytes) => new("Slow connections", $"stops after: {name}", status, bytes);
}
