using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>
/// Who this silo is. Orleans tells a process from the one before it on the same address by the second in which it was started, by the machine's clock: one whose clock is behind that of its
/// predecessor would take itself for the older of the two, and end. So its number is above any in the membership table, whatever the clock says.
/// </summary>
/// <remarks>Resolved after <see cref="Choose"/>.</remarks>
internal sealed class OwnAddress(IOptions<SiloOptions> silo, IOptions<ClusterOptions> cluster, IOptions<EndpointOptions> endpoints) : ILocalSiloDetails
{
    private int? _generation;
    private SiloAddress? _address;

    public string Name => silo.Value.SiloName;

    public string ClusterId => cluster.Value.ClusterId;

    public string DnsHostName { get; } = Dns.GetHostName();

    public SiloAddress SiloAddress => _address ??=
        SiloAddress.New(endpoints.Value.AdvertisedIPAddress, endpoints.Value.SiloPort, _generation ?? throw new InvalidOperationException("The silo's address was asked for before it was chosen."));

    public SiloAddress GatewayAddress => endpoints.Value.GatewayPort == 0 ? null! : SiloAddress.New(endpoints.Value.AdvertisedIPAddress, endpoints.Value.GatewayPort, 0);

    /// <summary>Reads what was on this address before.</summary>
    /// <param name="table">The membership table; a new one is begun.</param>
    /// <exception cref="StartUpFault">No number is left.</exception>
    public async Task Choose(IMembershipTable table)
    {
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true, CancellationToken.None);
        var rows = (await table.ReadAllAsync(CancellationToken.None)).Members;
        var own = new IPEndPoint(endpoints.Value.AdvertisedIPAddress!, endpoints.Value.SiloPort);
        var last = rows.Select(row => row.Item1.SiloAddress).Where(address => address.Endpoint.Equals(own)).Select(address => address.Generation).DefaultIfEmpty(0).Max();
        if (last == int.MaxValue)
        {
            throw new StartUpFault($"The membership table has a silo at {own} that was started in the farthest future. Remove its row, or use another TagCache:SiloPort.");
        }

        _generation = Math.Max(SiloAddress.AllocateNewGeneration(), last + 1);
    }
}
