using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Placement;

namespace OrleansTagCache.Doors;

/// <inheritdoc cref="IDoorsGrain"/>
[StatelessWorker, GrainType("otc.doors")]
internal sealed class DoorsGrain(DoorPlan plan) : Grain, IDoorsGrain
{
    public ValueTask<DoorAddress[]> Find() => plan.Find();
}

/// <summary>The doors of the silos that entries belong to now. Their gateways stand in the membership table, which is read when silos have come or gone.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class DoorPlan(Owners owners, DoorServices services, IMembershipTable table)
{
    private Known _known = new(Rendezvous.OfNone, []);

    public async ValueTask<DoorAddress[]> Find()
    {
        var silos = owners.Silos;
        if (Volatile.Read(ref _known) is { } known && ReferenceEquals(known.Silos, silos))
        {
            return known.Doors;
        }

        var rows = (await table.ReadAllAsync(CancellationToken.None)).Members.ToDictionary(row => row.Item1.SiloAddress, row => row.Item1.ProxyPort);
        DoorAddress[] doors = [.. silos.Silos.Select(silo => DoorOf(silo, rows.GetValueOrDefault(silo)))];
        Volatile.Write(ref _known, new(silos, doors));
        return doors;
    }

    private DoorAddress DoorOf(SiloAddress silo, int gatewayPort)
    {
        var inside = services.IdentityOn(silo);

        // Orleans names gateways without a generation.
        var gateway = gatewayPort > 0 ? SiloAddress.New(silo.Endpoint.Address, gatewayPort, 0) : null;
        return new(silo, inside, gateway);
    }

    private sealed record Known(Rendezvous Silos, DoorAddress[] Doors);
}
