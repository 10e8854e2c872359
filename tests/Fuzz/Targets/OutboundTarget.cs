using System.Net;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Outbound;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A guarded client's list allows the hosts that it names, and those alone.</summary>
internal sealed class OutboundTarget : IFuzzTarget
{
    private static readonly HostRule Exact = HostRule.TryParse("good.example")!;
    private static readonly HostRule Below = HostRule.TryParse("*.good.example")!;

    public string Name => "outbound";

    public IReadOnlyList<byte[]> Samples { get; } = InputReader.Texts(
        "https://good.example/", "https://a.good.example/x", "https://good.example:8443/", "https://evil.example/@good.example", "https://good.example@evil.example/", "https://GOOD.example./", "https://ｇood.example/", "http://127.1/");

    public void Run(ReadOnlySpan<byte> input)
    {
        var text = Wtf8.Decode(input);
        if (AddressOf(text) is { } address && address.Scheme is "http" or "https")
        {
            var name = NameOf(address);
            OracleException.Require(!Exact.Allows(address) || (name == "good.example" && address.IsDefaultPort), "Another host was allowed.");
            OracleException.Require(!Below.Allows(address) || (name.EndsWith(".good.example", StringComparison.Ordinal) && name.Length > 13 && address.IsDefaultPort), "A host was allowed that is not below.");
        }

        if (input.Length is 4 or 16)
        {
            var ip = new IPAddress(input);
            OracleException.Require(!IPAddress.IsLoopback(ip) || AddressRanges.SpecialUse(ip) is not null, "Loopback was taken for public.");
            OracleException.Require(input.Length == 16 || AddressRanges.SpecialUse(ip) == AddressRanges.SpecialUse(ip.MapToIPv6()), "An address is not what it is when it is mapped.");
        }

        HostRule.TryParse(text);
    }

    private static Uri? AddressOf(string text)
    {
        try
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : null;
        }
        catch (IndexOutOfRangeException)
        {
            // Uri of .NET 10 throws it at "//" before some characters; whoever takes addresses from outside is ready for it.
            return null;
        }
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
