using System.Text;

namespace OrleansTagCache.Tests.Http;

/// <summary>All attacks, by name.</summary>
internal static class AllAttacks
{
    public static readonly IReadOnlyDictionary<string, Attack> ByName = Input().Concat(AccessAttacks.All).Concat(NamespaceAttacks.All).Concat(TokenAttacks.All).Concat(MomentAttacks.All).Concat(HeaderAttacks.All)
        .Concat(FramingAttacks.All).Concat(BodyAttacks.All).Concat(PathAttacks.All).Concat(HookAttacks.All).Concat(UiAttacks.All).Concat(SessionAttacks.All).Concat(SlowAttacks.All).ToDictionary(attack => attack.ToString());

    /// <summary>What is wrong in names, lives, queries and JSON.</summary>
    private static IEnumerable<Attack> Input() => BadInput.All.Select(row => new Attack(
        row.Value.Path.StartsWith("/v1/tags/", StringComparison.Ordinal) ? "JSON" : row.Value.Head is not null ? "Heads of bodies" : "Keys, tags and lives",
        row.Key,
        row.Value.Status,
        loot => Wire.Request(loot.Full, row.Value.Method, row.Value.Path, row.Value.Body ?? (row.Value.Method is "PUT" or "POST" ? [] : null), row.Value.Head is { } head ? [$"Tag-Cache-Head: {head}"] : [])));
}

/// <summary>Keys that are not good, or not good for that.</summary>
internal static class AccessAttacks
{
    private static readonly (string Method, string Target, string Scope)[] Calls =
    [
        ("GET", "/v1/entry?key=mine&wait=0", "read"), ("PUT", "/v1/entry?key=mine", "write"), ("DELETE", "/v1/entry?key=mine", "write"),
        ("POST", "/v1/entry/abandon?key=mine", "write"), ("GET", "/v1/entry/info?key=mine", "read"), ("POST", "/v1/tags/update", "invalidate"),
        ("POST", "/v1/entries/get", "read"), ("POST", "/v1/tags/revalidate", "invalidate"), ("POST", "/v1/tags/hold", "invalidate"), ("POST", "/v1/tags/release", "invalidate"), ("GET", "/v1/tag?tag=t", "read"), ("GET", "/v1/tag/entries?tag=t", "read"), ("GET", "/v1/tags", "read"), ("GET", "/v1/cluster", "admin"), ("GET", "/v1/diagnostics", "admin"), ("GET", "/v1/traffic", "admin"), ("GET", "/v1/events", "read"), ("GET", "/v1/session", "read"), ("GET", "/v1/updates", "admin"), ("GET", "/v1/keys", "admin"), ("GET", "/v1/warmups", "admin"), ("GET", "/metrics", "admin"),
    ];

    public static IEnumerable<Attack> All => Calls.SelectMany(OfCall).Concat(Schemes());

    private static IEnumerable<Attack> OfCall((string Method, string Target, string Scope) call)
    {
        var (method, target, scope) = call;
        byte[]? body = method is "PUT" or "POST" ? "{\"tags\":[\"t\"]}"u8.ToArray() : null;
        var name = $"{method} {target.Split('?')[0]}";
        yield return new("Access", $"{name} without a key", 401, _ => Wire.Request(Array.Empty<string>(), method, target, body));
        yield return new("Access", $"{name} with a key that has expired", 401, loot => Wire.Request(loot.Ended, method, target, body));
        yield return new("Access", $"{name} with a forged key", 401, loot => Wire.Request(Forged(loot.Full), method, target, body));
        if (scope != "read")
        {
            yield return new("Access", $"{name} with a key that may only read", 403, loot => Wire.Request(loot.Reader, method, target, body));
        }

        if (scope != "invalidate")
        {
            yield return new("Access", $"{name} with a key that may only invalidate", 403, loot => Wire.Request(loot.Invalidator, method, target, body));
        }
    }

    private static IEnumerable<Attack> Schemes()
    {
        foreach (var (name, header) in new (string, Func<Loot, string>)[]
        {
            ("the key as Basic", loot => "Authorization: Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"otc:{loot.Full}"))),
            ("the key without a scheme", loot => $"Authorization: {loot.Full}"),
            ("an empty key", _ => "Authorization: Bearer "),
            ("an empty header", _ => "Authorization:"),
            ("the key twice in one header", loot => $"Authorization: Bearer {loot.Full}, Bearer {loot.Full}"),
            ("the name of the key alone", loot => $"Authorization: Bearer {loot.Full[..12]}"),
            ("the key in upper case", loot => $"Authorization: Bearer {loot.Full.ToUpperInvariant()}"),
            ("the key cut by one", loot => $"Authorization: Bearer {loot.Full[..^1]}"),
            ("the key and one more", loot => $"Authorization: Bearer {loot.Full}A"),
            ("a key of 8,000 characters", _ => $"Authorization: Bearer {new string('a', 8_000)}"),
            ("the key as a cookie", loot => $"Cookie: Authorization=Bearer {loot.Full}"),
            ("the key as X-Api-Key", loot => $"X-Api-Key: {loot.Full}"),
            ("the key for a proxy", loot => $"Proxy-Authorization: Bearer {loot.Full}"),
            ("the hash of a key", _ => $"Authorization: Bearer {new string('0', 64)}"),
            ("null in a key", _ => "Authorization: Bearer null"),
        })
        {
            yield return new("Access", name, 401, loot => Wire.Request([header(loot)], "GET", "/v1/entry?key=mine"));
        }

        yield return new("Access", "the key with bytes beyond ASCII", 400, loot => Wire.Request(["Authorization: Bearer " + loot.Full[..^1] + "\u00e9"], "GET", "/v1/entry?key=mine"));
        yield return new("Access", "two headers with keys", 401, loot => Wire.Request([$"Authorization: Bearer {loot.Full}", $"Authorization: Bearer {loot.Full}"], "GET", "/v1/entry?key=mine"));
        yield return new("Access", "the key in the address", 401, loot => Wire.Request(Array.Empty<string>(), "GET", $"/v1/entry?key=mine&authorization=Bearer%20{loot.Full}&access_token={loot.Full}"));
    }

    private static string Forged(string key) => key[..^1] + (key[^1] == 'A' ? 'E' : 'A');
}

/// <summary>What another namespace has is out of reach, however it is named.</summary>
internal static class NamespaceAttacks
{
    private static readonly string[] Names =
        ["secret", "blog:secret", "4:blogsecret", "4%3Ablogsecret", "blog/secret", "../blog/secret", "..%2Fblog%2Fsecret", "%2A", "ｂｌｏｇsecret", "secret%E2%80%8B", "SECRET", "%EF%BB%BFsecret"];

    public static IEnumerable<Attack> All
    {
        get
        {
            foreach (var name in Names)
            {
                var target = Uri.EscapeDataString(Uri.UnescapeDataString(name));
                yield return new("Namespaces", $"read of '{name}'", 404, loot => Wire.Request(loot.Reader, "GET", $"/v1/entry?key={target}&wait=0"));
                yield return new("Namespaces", $"description of '{name}'", 404, loot => Wire.Request(loot.Full, "GET", $"/v1/entry/info?key={target}"));
            }

            foreach (var header in new[] { "Tag-Cache-Namespace: blog", "X-Namespace: blog", "Namespace: blog", "X-Forwarded-User: blog" })
            {
                yield return new("Namespaces", $"the header '{header}'", 404, loot => Wire.Request(loot.Full, "GET", "/v1/entry/info?key=secret", null, header));
            }

            foreach (var query in new[] { "&namespace=blog", "&ns=blog", "&Namespace=blog", "&tenant=blog" })
            {
                yield return new("Namespaces", $"the query '{query}'", 404, loot => Wire.Request(loot.Full, "GET", $"/v1/entry/info?key=secret{query}"));
            }

            yield return new("Namespaces", "a namespace in the JSON of an update", 400, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", """{"tags":["secret"],"namespace":"blog"}"""u8.ToArray()));
            yield return new("Namespaces", "an update of another's tag", 200, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", """{"tags":["secret","4:blogsecret","blog:secret"]}"""u8.ToArray()));
            yield return new("Namespaces", "an update of everything", 200, loot => Wire.Request(loot.Full, "POST", "/v1/tags/update", """{"tags":["*"]}"""u8.ToArray()));
            yield return new("Namespaces", "a revalidation of everything", 200, loot => Wire.Request(loot.Full, "POST", "/v1/tags/revalidate", """{"tags":["*"]}"""u8.ToArray()));
            yield return new("Namespaces", "the removal of another's key", 204, loot => Wire.Request(loot.Full, "DELETE", "/v1/entry?key=secret"));
        }
    }
}

/// <summary>Tokens that were not given, or not for that.</summary>
internal static class TokenAttacks
{
    public static IEnumerable<Attack> All
    {
        get
        {
            foreach (var (name, token) in new (string, Func<Loot, string>)[]
            {
                ("of another namespace", loot => loot.Foreign),
                ("with its first character changed", loot => (loot.Token[0] == 'A' ? 'B' : 'A') + loot.Token[1..]),
                ("with its last character changed", loot => loot.Token[..^1] + (loot.Token[^1] == 'A' ? 'B' : 'A')),
                ("with one in its middle changed", loot => loot.Token[..40] + (loot.Token[40] == 'A' ? 'B' : 'A') + loot.Token[41..]),
                ("cut by one", loot => loot.Token[..^1]),
                ("and one more", loot => $"{loot.Token}A"),
                ("twice", loot => loot.Token + loot.Token),
                ("padded", loot => $"{loot.Token}=="),
                ("in the other alphabet", loot => loot.Token[..79] + "+"),
                ("in lower case", loot => loot.Token.ToLowerInvariant() + "x"),
                ("of zeros", _ => new string('A', 80)),
                ("of 16,000 characters", _ => new string('A', 16_000)),
                ("that is empty", _ => string.Empty),
                ("that is a name", _ => "00000000-0000-0000-0000-000000000001"),
                ("spliced of two", loot => loot.Token[..37] + loot.Foreign[37..]),
            })
            {
                yield return new("Tokens", $"a value with a token {name}", 409, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", "forged"u8.ToArray(), $"Tag-Cache-Token: {token(loot)}"));
                yield return new("Tokens", $"giving back a token {name}", 409, loot => Wire.Request(loot.Full, "POST", "/v1/entry/abandon?key=mine", [], $"Tag-Cache-Token: {token(loot)}"));
            }

            yield return new("Tokens", "a value with a token of another key", 409, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=other", "forged"u8.ToArray(), $"Tag-Cache-Token: {loot.Token}"));
            yield return new("Tokens", "giving back without a token", 409, loot => Wire.Request(loot.Full, "POST", "/v1/entry/abandon?key=mine", []));
            yield return new("Tokens", "a token beyond ASCII", 400, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", "forged"u8.ToArray(), "Tag-Cache-Token: t\u00f6ken"));
            yield return new("Tokens", "two tokens", 409, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", "forged"u8.ToArray(), $"Tag-Cache-Token: {loot.Token}", $"Tag-Cache-Token: {loot.Foreign}"));
        }
    }
}

/// <summary>Moments that were not given, or not to that caller; and bodies that do not hold the head that they announce.</summary>
internal static class MomentAttacks
{
    public static IEnumerable<Attack> All
    {
        get
        {
            foreach (var (name, moment) in new (string, Func<Loot, string>)[]
            {
                ("of another namespace", loot => loot.ForeignMoment),
                ("that is a token", loot => loot.Token),
                ("with its first character changed", loot => (loot.Moment[0] == 'A' ? 'B' : 'A') + loot.Moment[1..]),
                ("with its last character changed", loot => loot.Moment[..^1] + (loot.Moment[^1] == 'A' ? 'B' : 'A')),
                ("made earlier", loot => loot.Moment[..8] + (loot.Moment[8] == 'A' ? 'B' : 'A') + loot.Moment[9..]),
                ("with a newer stamp", loot => loot.Moment[..17] + (loot.Moment[17] == 'A' ? 'B' : 'A') + loot.Moment[18..]),
                ("cut by one", loot => loot.Moment[..^1]),
                ("twice in one", loot => loot.Moment + loot.Moment),
                ("padded", loot => $"{loot.Moment}%3D%3D"),
                ("of zeros", _ => new string('A', 80)),
                ("spliced of two", loot => loot.Moment[..37] + loot.ForeignMoment[37..]),
                ("that is a number", _ => "638000000000000000"),
                ("that is a date", _ => "2026-11-30T12:00:00Z"),
                ("of 16,000 characters", _ => new string('A', 16_000)),
                ("that is empty", _ => string.Empty),
            })
            {
                yield return new("Moments", $"a value since a moment {name}", 409, loot => Wire.Request(loot.Full, "PUT", $"/v1/entry?key=mine&since={moment(loot)}", "forged"u8.ToArray()));
            }

            yield return new("Moments", "a value since two moments", 400, loot => Wire.Request(loot.Full, "PUT", $"/v1/entry?key=mine&since={loot.Moment}&since={loot.Moment}", "forged"u8.ToArray()));
            yield return new("Moments", "a value since a moment, and a forged token", 409, loot => Wire.Request(loot.Full, "PUT", $"/v1/entry?key=mine&since={loot.Moment}", "forged"u8.ToArray(), "Tag-Cache-Token: forged"));
            yield return new("Moments", "a moment for a token", 409, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", "forged"u8.ToArray(), $"Tag-Cache-Token: {loot.Moment}"));
            yield return new("Moments", "a moment with a key that may only read", 403, loot => Wire.Request(loot.Reader, "PUT", $"/v1/entry?key=mine&since={loot.Moment}", "forged"u8.ToArray()));
            yield return new("Moments", "a value that is too large since a moment", 413, loot => Wire.Request(loot.Full, "PUT", $"/v1/entry?key=mine&since={loot.Moment}", new byte[AttackSilo.MaximumPayloadBytes + 1]));
            yield return new("Heads of bodies", "two heads", 400, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", "{}"u8.ToArray(), "Tag-Cache-Head: 2", "Tag-Cache-Head: 2"));
            yield return new("Heads of bodies", "a value that is too large behind its head", 413, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", [.. "{}"u8, .. new byte[AttackSilo.MaximumPayloadBytes + 1]], "Tag-Cache-Head: 2"));
            yield return new("Heads of bodies", "chunks that end before the head does", 400, loot => Wire.Text(
                $"PUT /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {loot.Full}\r\nTag-Cache-Head: 13\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{{\"ta\r\n0\r\n\r\n"));
            yield return new("Heads of bodies", "a body that stops in its head", 408, loot => Wire.Text(
                $"PUT /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {loot.Full}\r\nTag-Cache-Head: 13\r\nContent-Length: 20\r\n\r\n{{\"ta"));
            yield return new("Heads of bodies", "a body that is closed in its head", 400, loot => Wire.Text(
                $"PUT /v1/entry?key=mine HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {loot.Full}\r\nTag-Cache-Head: 13\r\nContent-Length: 20\r\n\r\n{{\"ta"))
            {
                Closes = true,
                MayGoUnheard = true,
            };
        }
    }
}

/// <summary>Headers that are none, too many, too large, or try to be two.</summary>
internal static class HeaderAttacks
{
    public static IEnumerable<Attack> All
    {
        get
        {
            yield return Head("no host", 400, "GET /v1/entry?key=mine HTTP/1.1", "Connection: close");
            yield return Head("two hosts", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "Host: evil.example");
            yield return Head("a host that is no international name", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: xn--0", "Connection: close");
            yield return Head("a host with a space", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: a b");
            yield return Head("a host with a user", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: user@127.0.0.1");
            yield return Head("a header without a colon", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "Broken");
            yield return Head("a header without a name", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", ": value");
            yield return Head("a space before the colon", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "Header : value");
            yield return Head("a folded header", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "Header: a", " b");
            yield return Head("a zero in a name", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "He\0ader: a");
            yield return Head("a zero in a value", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "Header: a\0b");
            yield return Head("a bare carriage return in a value", 400, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", "Header: a\rb");
            yield return Head("65 headers", 431, ["GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", .. Enumerable.Range(0, 64).Select(i => $"H{i}: {i}")]);
            yield return Head("10,000 headers", 431, ["GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", .. Enumerable.Range(0, 10_000).Select(i => $"H{i}: {i}")]);
            yield return Head("a header of 33 KB", 431, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", $"Header: {new string('a', 33_000)}");
            yield return Head("a name of 33 KB", 431, "GET /v1/entry?key=mine HTTP/1.1", "Host: 127.0.0.1", $"{new string('a', 33_000)}: b");
            yield return Head("an answer in a key", 400, "GET /v1/entry?key=a HTTP/1.1 200 OK", "Host: 127.0.0.1");
            foreach (var name in new[] { "%0D%0ASet-Cookie:a=b", "%0ASet-Cookie:a=b", "%0D", "%E5%98%8A%00", "%C2%85", "a%0D%0A%0D%0A%3Chtml%3E" })
            {
                yield return new("Headers", $"'{name}' in a key", 400, loot => Wire.Request(loot.Full, "PUT", $"/v1/entry?key={name}", "x"u8.ToArray()));
                yield return new("Headers", $"'{name}' in a tag", 400, loot => Wire.Request(loot.Full, "PUT", $"/v1/entry?key=mine&tag={name}", "x"u8.ToArray()));
            }

            foreach (var (what, type) in new[] { ("of 257 characters", "text/" + new string('x', 252)), ("beyond ASCII", "text/\u00e9"), ("with a tab", "text/plain;\ta=b"), ("with DEL", "text/\u007f") })
            {
                yield return new("Headers", $"a content type {what}", 400, loot => Wire.Request(loot.Full, "PUT", "/v1/entry?key=mine", "x"u8.ToArray(), $"Content-Type: {type}"));
            }
        }
    }

    private static Attack Head(string name, int status, params string[] lines) => new("Headers", name, status, _ => Wire.Lines([.. lines, string.Empty, string.Empty]));
}
