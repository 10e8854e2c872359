using OrleansTagCache.Contracts;

namespace OrleansTagCache.Transport;

/// <summary>Silos reach each other directly.</summary>
internal sealed class DirectEndpoints : IEndpointResolver
{
    public ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(EndpointAddress[] endpoints) => new(endpoints.Select(endpoint => (endpoint.Silo, endpoint.Identity)));
}
