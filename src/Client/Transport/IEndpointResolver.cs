using OrleansTagCache.Contracts;

namespace OrleansTagCache.Transport;

/// <summary>Finds out how this process reaches the batch services of silos.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IEndpointResolver
{
    /// <summary>The identities to call, for the silos that can be reached directly.</summary>
    ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(EndpointAddress[] endpoints);
}
