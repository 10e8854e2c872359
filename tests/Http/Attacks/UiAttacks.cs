using System.Buffers.Text;
using System.Text;

namespace OrleansTagCache.Tests.Http;

/// <summary>What other sites, and strangers, send to the operators' page and with its session.</summary>
internal static class UiAttacks
{
    private const string FromPage = "Tag-Cache-Ui: 1";

    public static IEnumerable<Attack> All => SignIns().Concat(Sessions()).Concat(Files());

    private static IEnumerable<Attack> SignIns()
    {
        foreach (var (name, headers) in new (string, string[])[]
        {
            ("without the page's header", []),
            ("from another site", [FromPage, "Sec-Fetch-Site: cross-site"]),
            ("from another port", [FromPage, "Sec-Fetch-Site: same-site", "Origin: http://127.0.0.1"]),
            ("from a link", [FromPage, "Sec-Fetch-Site: none"]),
            ("from another origin", [FromPage, "Origin: http://evil.example"]),
            ("from an origin that begins as the silo's", [FromPage, "Origin: http://127.0.0.1.evil.example"]),
            ("from an origin with the silo as its user", [FromPage, "Origin: http://127.0.0.1@evil.example"]),
            ("from no origin", [FromPage, "Origin: null"]),
            ("from two origins", [FromPage, "Origin: http://127.0.0.1", "Origin: http://evil.example"]),
            ("from the same origin and another site", [FromPage, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"]),
            ("with another value of the header", ["Tag-Cache-Ui: 2"]),
            ("with the header twice", [FromPage, FromPage]),
        })
        {
            yield return Of($"a sign-in {name}", 403, loot => Wire.Request(headers, "POST", "/ui/session", Json(loot.Full)));
            yield return Of($"a sign-out {name}", 403, _ => Wire.Request(headers, "DELETE", "/ui/session"));
        }

        yield return Of("a sign-in with a key without the scope", 403, loot => Wire.Request([FromPage], "POST", "/ui/session", Json(loot.Full)));
        yield return Of("a sign-in with a key that has expired", 401, loot => Wire.Request([FromPage], "POST", "/ui/session", Json(loot.Ended)));
        yield return Of("a sign-in with no key", 401, _ => Wire.Request([FromPage], "POST", "/ui/session", "{}"u8.ToArray()));
        yield return Of("a sign-in with a key of 100,000 characters", 401, _ => Wire.Request([FromPage], "POST", "/ui/session", Json(new string('a', 100_000))));
        yield return Of("a sign-in as a form", 400, loot => Wire.Request([FromPage, "Content-Type: application/x-www-form-urlencoded"], "POST", "/ui/session", Wire.Text($"key={loot.Full}")));
        yield return Of("a sign-in of a megabyte", 413, _ => Wire.Request([FromPage], "POST", "/ui/session", new byte[1_000_000]));
    }

    private static IEnumerable<Attack> Sessions()
    {
        foreach (var (name, value) in new (string, Func<Loot, string>)[]
        {
            ("a key", loot => loot.Full),
            ("a token of an entry", loot => loot.Token),
            ("zeros", _ => new string('A', 80)),
            ("zeros under a seal of zeros", _ => Base64Url.EncodeToString(new byte[60])),
            ("the name of a key", loot => Base64Url.EncodeToString([0, 0, 0, 0, .. Encoding.ASCII.GetBytes(loot.Full[4..12]), .. new byte[48]])),
            ("nothing", _ => string.Empty),
            ("8,000 characters", _ => new string('a', 8_000)),
        })
        {
            yield return Of($"an update with {name} as a session", 401, loot => Wire.Request([FromPage, $"Cookie: {CookieName}={value(loot)}"], "POST", "/v1/tags/update", "{\"tags\":[\"t\"]}"u8.ToArray()));
        }
    }

    private static IEnumerable<Attack> Files()
    {
        foreach (var path in new[] { "/ui/nothing.js", "/ui/..%2fappsettings.json", "/ui/../appsettings.json", "/ui//main.js", "/ui/MAIN.JS", "/ui/vendor/README.md", "/ui/main.js/", "/ui/%2e%2e/v1/cluster/x", "/ui/C:%5Cmain.js", "//evil.example/ui/", "/evil.example/..//ui/" })
        {
            yield return Of(path, 404, _ => Wire.Request(Array.Empty<string>(), "GET", path));
        }

        yield return Of("POST /ui/main.js", 405, _ => Wire.Request(Array.Empty<string>(), "POST", "/ui/main.js", []));
    }

    /// <summary>The program's cluster has the name that it has by itself.</summary>
    private static string CookieName { get; } = $"tagcache-ui-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("tagcache"u8).AsSpan(0, 4))}";

    private static byte[] Json(string key) => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { key });

    private static Attack Of(string name, int status, Func<Loot, byte[]> bytes) => new("Operators' page", name, status, bytes);
}
