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
    private Plan? _plan;

    /// <summary>Whoever asks while the table is read waits for that reading.</summary>
    public async ValueTask<DoorAddress[]> Find()
    {
        var silos = owners.Silos;
        var plan = Volatile.Read(ref _plan);
        if (plan is null || !ReferenceEquals(plan.Silos, silos) || plan.Doors.IsFaulted)
        {
            var made = new Plan(silos, Make(silos));
            plan = Interlocked.CompareExchange(ref _plan, made, plan) == plan ? made : Volatile.Read(ref _plan)!;
        }

        return await plan.Doors;
    }

    private async Task<DoorAddress[]> Make(Rendezvous silos)
    {
        await Task.Yield();
        var rows = (await table.ReadAllAsync(CancellationToken.None)).Members.ToDictionary(row => row.Item1.SiloAddress, row => row.Item1.ProxyPort);
        return [.. silos.Silos.Select(silo => DoorOf(silo, rows.GetValueOrDefault(silo)))];
    }

    private DoorAddress DoorOf(SiloAddress silo, int gatewayPort)
    {
        var inside = services.IdentityOn(silo);

        // Orleans names gateways without a generation.
        var gateway = gatewayPort > 0 ? SiloAddress.New(silo.Endpoint.Address, gatewayPort, 0) : null;
        return new(silo, inside, gateway);
    }

    private sealed record Plan(Rendezvous Silos, Task<DoorAddress[]> Doors);
}
