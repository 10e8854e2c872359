using System.Net;
using System.Net.Sockets;

namespace OrleansTagCache.Outbound;

/// <summary>Which addresses are not of the public Internet, by IANA's registries of special-purpose addresses.</summary>
internal static class AddressRanges
{
    private static readonly (IPNetwork Network, string What)[] Special =
    [
        .. Of("loopback", "127.0.0.0/8", "::1/128"),
        .. Of("link-local, where cloud metadata is", "169.254.0.0/16", "fe80::/10"),
        .. Of("private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
        .. Of("shared by carriers", "100.64.0.0/10"),
        .. Of("of this host or unspecified", "0.0.0.0/8", "::/128"),
        .. Of("multicast", "224.0.0.0/4", "ff00::/8"),
        .. Of("reserved", "240.0.0.0/4", "192.0.0.0/24", "192.88.99.0/24", "100::/64", "5f00::/16", "3fff::/20"),
        .. Of("for documentation or benchmarks", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32", "2001:2::/48"),
        .. Of("a way to an IPv4 address", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
    ];

    /// <summary>What is special about an address, or null if it is of the public Internet.</summary>
    public static string? SpecialUse(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Find(Special, range => range.Network.BaseAddress.AddressFamily == plain.AddressFamily && range.Network.Contains(plain)).What
            ?? (plain.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 ? null : "of an unknown family");
    }

    private static IEnumerable<(IPNetwork Network, string What)> Of(string what, params string[] networks) =>
        networks.Select(network => (IPNetwork.Parse(network), what));
}
