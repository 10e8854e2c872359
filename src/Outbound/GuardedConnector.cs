using System.Net;
using System.Net.Sockets;

namespace OrleansTagCache.Outbound;

/// <summary>Finds the addresses of a host.</summary>
internal interface IHostResolver
{
    Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IHostResolver"/>
internal sealed class DnsResolver : IHostResolver
{
    public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}

/// <summary>
/// Connects to addresses that were looked at. A host is resolved once, and the connection goes to one of the addresses that were found then: a name that is resolved to
/// another address a moment later leads nowhere.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class GuardedConnector(OutboundOptions options, IHostResolver resolver)
{
    private readonly IPNetwork[] _allowed = [.. options.AllowedNetworks.Select(network => IPNetwork.Parse(network))];

    /// <exception cref="OutboundRefusedException">One of the host's addresses is special.</exception>
    public async ValueTask<Stream> Connect(DnsEndPoint host, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(host.Host, out var literal) ? [literal] : await resolver.Resolve(host.Host, cancellationToken).ConfigureAwait(false);
        foreach (var address in addresses)
        {
            if (AddressRanges.SpecialUse(address) is { } use && !IsAllowed(address))
            {
                throw new OutboundRefusedException($"The host {host.Host} has an address that is {use}. A guarded client connects to public addresses and to AllowedNetworks only.");
            }
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, host.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsAllowed(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_allowed, network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }
}
