using System.Net;
using System.Text;
using OrleansTagCache.Outbound;
using OrleansTagCache.Silo.Access;
using OrleansTagCache.Silo.Http;
using OrleansTagCache.Silo.Limits;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>What is read from a query is what it says in UTF-8, within its range, or it is refused.</summary>
internal sealed class QueryTarget : IFuzzTarget
{
    private static readonly CacheLifeProfiles Profiles = new(new Dictionary<string, CacheLife>());

    public string Name => "queries";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds(
        "?key=a&tag=b&tag=c&life=hours", "?key=%E2%82%AC&stale=1&revalidate=2.5&expire=1e3", "?key=a+b&wait=10&limit=100", "?key=%00", "?key=a&key=b", "?&&==&key", "?key=%F0%9F%98%80");

    public void Run(byte[] input)
    {
        var query = Encoding.Latin1.GetString(input);
        var request = new DefaultHttpContext().Request;
        request.QueryString = new("?" + query.TrimStart('?').Replace("#", string.Empty, StringComparison.Ordinal));
        Refusable(() =>
        {
            var key = Query.One(request, "key");
            Finding.Unless(key is null || Strict(request.QueryString.Value!, key), "A key was read that the query does not say.");
        });
        Refusable(() => Finding.Unless(Query.Seconds(request, "wait", 30, 10) is >= 0 and <= 30, "A wait is out of range."));
        Refusable(() => Finding.Unless(Query.Count(request, "limit", 1_000, 100) is >= 1 and <= 1_000, "A limit is out of range."));
        Refusable(() =>
        {
            var life = LifeQuery.Parse(request, Profiles);
            Finding.Unless(life.Stale >= TimeSpan.Zero && life.Revalidate >= TimeSpan.Zero && (life.Expire == CacheLife.Forever || life.Expire >= life.Revalidate), "A life is inconsistent.");
        });
    }

    /// <summary>Decodes the query once more, by its own hands.</summary>
    private static bool Strict(string query, string key)
    {
        foreach (var pair in query.TrimStart('?').Split('&'))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at < 0 ? (pair, string.Empty) : (pair[..at], pair[(at + 1)..]);
            if (string.Equals(Decoded(name), "key", StringComparison.OrdinalIgnoreCase) && Decoded(value) == key)
            {
                return true;
            }
        }

        return false;
    }

    private static string Decoded(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i] == '+' ? " " : text[i].ToString()));
            }
        }

        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
    }

    private static void Refusable(Action action)
    {
        try
        {
            action();
        }
        catch (ArgumentException fault) when (fault is not DecoderFallbackException)
        {
            // It is refused.
        }
    }
}

/// <summary>A body is an object of the call, or a problem.</summary>
internal sealed class JsonTarget : IFuzzTarget
{
    public string Name => "JSON";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[] { """{"tags":["a","b"]}""", """{"tags":["a"],"profile":"max"}""", """{"tags":["a"],"expire":3600.5}""", "{\"tags\":[\"\\u0000\\ud83d\\ude00\"]}", "{}", "null", "[]", """{"tags":null,"expire":-1}""" }.Select(Encoding.UTF8.GetBytes),
        [0xEF, 0xBB, 0xBF, .. "{\"tags\":[]}"u8],
    ];

    public void Run(byte[] input)
    {
        Read<UpdateBody>(input);
        Read<RevalidateBody>(input);
    }

    private static void Read<T>(byte[] input)
        where T : class
    {
        var request = new DefaultHttpContext().Request;
        request.Body = new MemoryStream(input);
        var quota = new Quota(long.MaxValue);
        var reading = BodyReader.ReadJson<T>(request, quota);
        var (value, problem) = reading.IsCompleted ? reading.Result : reading.AsTask().GetAwaiter().GetResult();
        Finding.Unless(value is null != problem is null, "A body is both read and refused, or neither.");
        Finding.Unless(quota.Taken == 0, "Memory that was taken for a body was not given back.");
    }
}

/// <summary>Only a program on this machine is taken for one.</summary>
internal sealed class LocalRequestTarget : IFuzzTarget
{
    public string Name => "local requests";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds("127.0.0.1", "localhost:8080", "[::1]:8080", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "127.1", "http://127.0.0.1");

    public void Run(byte[] input)
    {
        var host = Encoding.Latin1.GetString(input);
        var request = new DefaultHttpContext().Request;
        request.Scheme = "http";
        request.Headers.Host = host;
        if (!Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var uri))
        {
            // The server does not let it through.
            return;
        }

        var name = uri.Host.Trim('[', ']');
        var isLoopback = name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
        Finding.Unless(!LocalRequest.Is(request) || isLoopback, "Another host was taken for this machine.");
        (request.Headers.Host, request.Headers.Origin) = ("127.0.0.1:8080", host);
        Finding.Unless(!LocalRequest.Is(request) || host == "http://127.0.0.1:8080", "A page of another origin was taken for a program on this machine.");
    }
}

/// <summary>A guarded client's list allows the hosts that it names, and those alone.</summary>
internal sealed class OutboundTarget : IFuzzTarget
{
    private static readonly HostRule Exact = HostRule.TryParse("good.example")!;
    private static readonly HostRule Below = HostRule.TryParse("*.good.example")!;

    public string Name => "outbound";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds(
        "https://good.example/", "https://a.good.example/x", "https://good.example:8443/", "https://evil.example/@good.example", "https://good.example@evil.example/", "https://GOOD.example./", "https://ｇood.example/", "http://127.1/");

    public void Run(byte[] input)
    {
        var text = Texts.Of(input);
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            var name = NameOf(address!);
            Finding.Unless(!Exact.Allows(address!) || (name == "good.example" && address.IsDefaultPort), "Another host was allowed.");
            Finding.Unless(!Below.Allows(address!) || (name.EndsWith(".good.example", StringComparison.Ordinal) && name.Length > 13 && address.IsDefaultPort), "A host was allowed that is not below.");
        }

        if (input.Length is 4 or 16)
        {
            var ip = new IPAddress(input);
            Finding.Unless(!IPAddress.IsLoopback(ip) || AddressRanges.SpecialUse(ip) is not null, "Loopback was taken for public.");
            Finding.Unless(input.Length == 16 || AddressRanges.SpecialUse(ip) == AddressRanges.SpecialUse(ip.MapToIPv6()), "An address is not what it is when it is mapped.");
        }

        HostRule.TryParse(text);
    }

    private static string NameOf(Uri address)
    {
        try
        {
            return address.IdnHost.TrimEnd('.').ToLowerInvariant();
        }
        catch (UriFormatException)
        {
            return string.Empty;
        }
    }
}
