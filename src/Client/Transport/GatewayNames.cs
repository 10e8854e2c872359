using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;

namespace OrleansTagCache.Transport;

/// <summary>
/// The gateways that names stand for now. A name may stand for many, as that of a headless service does, and for others after every start of a silo. What a name stood for last holds until it
/// is found to stand for something else; one whose look-up takes long holds up none of the others.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="gateways">Names or addresses, with ports.</param>
/// <param name="names">Looks a name up, and throws <see cref="SocketException"/> if there is none.</param>
/// <param name="time">The clock.</param>
internal sealed class GatewayNames(IReadOnlyList<DnsEndPoint> gateways, Func<string, Task<IPAddress[]>> names, TimeProvider time) : IGatewayListProvider
{
    /// <summary>So long is waited for the names that are being looked up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Name[] _names = [.. gateways.Select(gateway => new Name(gateway))];

    /// <summary>Orleans goes by the period that its options say.</summary>
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(2);

    public bool IsUpdatable => true;

    /// <summary>Reads <c>name:port</c>, <c>address:port</c> or <c>[IPv6]:port</c>.</summary>
    public static bool TryParse(string gateway, [NotNullWhen(true)] out DnsEndPoint? endpoint)
    {
        endpoint = Uri.TryCreate($"tcp://{gateway}", UriKind.Absolute, out var uri)
            && uri is { Port: > 0, PathAndQuery: "" or "/", UserInfo: "", Fragment: "" } && Uri.CheckHostName(uri.DnsSafeHost) != UriHostNameType.Unknown
            ? new(uri.DnsSafeHost, uri.Port)
            : null;
        return endpoint is not null;
    }

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <exception cref="SocketException">No name could be looked up, and never could.</exception>
    /// <exception cref="TimeoutException">The same, since no answer came.</exception>
    public async Task<IList<Uri>> GetGateways()
    {
        await Task.WhenAll(_names.Select(name => name.LookUp(names))).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Orleans names gateways without a generation.
        List<Uri> found = [.. _names.SelectMany(name => name.Endpoints).Distinct().Select(gateway => SiloAddress.New(gateway, 0).ToGatewayUri())];
        return found.Count > 0
            ? found
            : throw (Exception?)_names.Select(name => name.Fault).FirstOrDefault(fault => fault is not null) ?? new TimeoutException($"No name server has answered within {Patience.TotalSeconds:0} s.");
    }

    private sealed class Name(DnsEndPoint gateway)
    {
        private readonly Lock _gate = new();
        private Task? _looking;
        private volatile IPEndPoint[] _endpoints = [];

        /// <summary>What it stood for when it was looked up last.</summary>
        public IEnumerable<IPEndPoint> Endpoints => _endpoints;

        /// <summary>Why it could not be looked up, the last time that it could not.</summary>
        public SocketException? Fault { get; private set; }

        /// <summary>Callers that come while it is looked up share that.</summary>
        public Task LookUp(Func<string, Task<IPAddress[]>> names)
        {
            lock (_gate)
            {
                return _looking is { IsCompleted: false } running ? running : _looking = LookNow(names);
            }
        }

        private async Task LookNow(Func<string, Task<IPAddress[]>> names)
        {
            try
            {
                IPAddress[] found = IPAddress.TryParse(gateway.Host, out var address) ? [address] : await names(gateway.Host).ConfigureAwait(false);
                if (found.Length > 0)
                {
                    _endpoints = Array.ConvertAll(found, each => new IPEndPoint(each, gateway.Port));
                }
            }
            catch (SocketException unknown)
            {
                Fault = unknown;
            }
        }
    }
}
