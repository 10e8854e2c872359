using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Batching;

/// <inheritdoc cref="IEndpointsGrain"/>
[StatelessWorker, GrainType("otc.endpoints")]
internal sealed class EndpointsGrain(EndpointPlan plan, PeerVersions peers) : Grain, IEndpointsGrain
{
    /// <summary>A client without a common version is told what the silos speak: it does not call them.</summary>
    public ValueTask<EndpointAddress[]> Find(string? name = null, ProtocolVersions? versions = null)
    {
        peers.AcceptsClient(name, versions);
        return plan.Find();
    }
}

/// <summary>The endpoints of the silos that entries belong to now. Their gateways are read from the membership table when silos have joined or left.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EndpointPlan(Owners owners, BatchServiceClient services, IMembershipTable table, PeerVersions versions, ILocalSiloDetails self)
{
    private Plan? _plan;

    /// <summary>Callers that arrive while the table is read share that reading.</summary>
    public async ValueTask<EndpointAddress[]> Find()
    {
        var silos = owners.Silos;
        var plan = Volatile.Read(ref _plan);
        if (plan is null || !ReferenceEquals(plan.Silos, silos) || plan.Endpoints.IsFaulted)
        {
            var made = new Plan(silos, Make(silos));
            plan = Interlocked.CompareExchange(ref _plan, made, plan) == plan ? made : Volatile.Read(ref _plan)!;
        }

        return await plan.Endpoints;
    }

    private async Task<EndpointAddress[]> Make(Rendezvous silos)
    {
        await Task.Yield();
        var rows = (await table.ReadAllAsync(CancellationToken.None)).Members.ToDictionary(row => row.Item1.SiloAddress, row => row.Item1.ProxyPort);
        return [.. silos.Silos.Select(silo => EndpointOf(silo, rows.GetValueOrDefault(silo)))];
    }

    private EndpointAddress EndpointOf(SiloAddress silo, int gatewayPort)
    {
        var inside = services.IdentityOn(silo);

        // Orleans names gateways without a generation.
        var gateway = gatewayPort > 0 ? SiloAddress.New(silo.Endpoint.Address, gatewayPort, 0) : null;
        return new(silo, inside, gateway, silo.Equals(self.SiloAddress) ? versions.Own : versions.Of(silo));
    }

    private sealed record Plan(Rendezvous Silos, Task<EndpointAddress[]> Endpoints);
}
