using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;

namespace OrleansTagCache.Transport;

/// <summary>
/// The gateways that names stand for now. A name may stand for many, as that of a headless service does, and for others after every start of a silo. A name that cannot be looked up is left
/// out; while none can, the gateways stay that were found last.
/// </summary>
/// <remarks>Orleans asks from one thread at a time.</remarks>
/// <param name="gateways">Names or addresses, with ports.</param>
/// <param name="names">Looks a name up, and throws <see cref="SocketException"/> if there is none.</param>
internal sealed class GatewayNames(IReadOnlyList<DnsEndPoint> gateways, Func<string, Task<IPAddress[]>> names) : IGatewayListProvider
{
    private IList<Uri>? _last;

    /// <summary>Orleans goes by the period that its options say.</summary>
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(2);

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <exception cref="SocketException">No name could be looked up, and never could.</exception>
    public async Task<IList<Uri>> GetGateways()
    {
        SocketException? why = null;
        var found = new List<IPEndPoint>();
        foreach (var gateway in gateways)
        {
            try
            {
                found.AddRange((await names(gateway.Host).ConfigureAwait(false)).Select(address => new IPEndPoint(address, gateway.Port)));
            }
            catch (SocketException unknown)
            {
                why = unknown;
            }
        }

        if (found.Count > 0)
        {
            // Orleans names gateways without a generation.
            _last = [.. found.Distinct().Select(gateway => SiloAddress.New(gateway, 0).ToGatewayUri())];
        }

        return _last ?? (why is null ? [] : throw why);
    }
}
