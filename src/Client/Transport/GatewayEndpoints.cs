using Orleans.Messaging;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Transport;

/// <summary>A client reaches a silo through the silo's own gateway, if it is one that the client was told of: that saves the hop over another silo.</summary>
/// <remarks>Orleans sends a call to a grain service that is named by a gateway through that gateway; it serves it itself.</remarks>
internal sealed class GatewayEndpoints(IGatewayListProvider gateways) : IEndpointResolver
{
    public async ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(EndpointAddress[] endpoints)
    {
        HashSet<SiloAddress?> known = [.. (await gateways.GetGateways().ConfigureAwait(false)).Select(gateway => gateway.ToGatewayAddress())];
        return endpoints.Where(endpoint => endpoint.Gateway is not null && known.Contains(endpoint.Gateway)).Select(endpoint =>
            (endpoint.Silo, SystemTargetGrainId.TryParse(endpoint.Identity, out var target) ? target.WithSiloAddress(endpoint.Gateway!).GrainId : endpoint.Identity));
    }
}
