using System.Net;
using System.Net.Sockets;

namespace OrleansTagCache.Transport;

/// <summary>What one stranger has of the address space: an address of IPv4, or a network of 64 bits of IPv6, in which addresses cost nothing.</summary>
internal static class PeerNetwork
{
    private const int NetworkBytes = 8;

    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new([.. address.GetAddressBytes().AsSpan(0, NetworkBytes), .. new byte[NetworkBytes]])
            : address;
    }
}
