using System.Globalization;

namespace OrleansTagCache.Outbound;

/// <summary>One host that may be called, or all below it, on a port of its own or on that of the scheme.</summary>
internal sealed record HostRule(string Host, bool IsBelow, int? Port)
{
    private const string Below = "*.";

    public static HostRule? TryParse(string? text)
    {
        var isBelow = text?.StartsWith(Below, StringComparison.Ordinal) is true;
        var rest = isBelow ? text![Below.Length..] : text ?? string.Empty;
        int? port = null;
        if (rest.LastIndexOf(':') is var colon and > 0 && !rest.EndsWith(']'))
        {
            if (!int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is 0 or > ushort.MaxValue)
            {
                return null;
            }

            (port, rest) = (number, rest[..colon]);
        }

        return Uri.CheckHostName(rest) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            && Uri.TryCreate($"https://{rest}/", UriKind.Absolute, out var uri) && NameOf(uri) is { Length: > 0 } name && (!isBelow || uri.HostNameType == UriHostNameType.Dns)
            ? new(name, isBelow, port)
            : null;
    }

    public bool Allows(Uri address) => (Port is { } port ? address.Port == port : address.IsDefaultPort) && NameOf(address) is { } name
        && (IsBelow ? name.Length > Host.Length + 1 && name.EndsWith($".{Host}", StringComparison.Ordinal) : name == Host);

    /// <summary>The name as it is resolved: in ASCII, in lower case, without the full stop of the root; null if it has none in ASCII.</summary>
    private static string? NameOf(Uri address)
    {
        try
        {
            return address.IdnHost.ToLowerInvariant().TrimEnd('.');
        }
        catch (UriFormatException)
        {
            return null;
        }
    }
}
