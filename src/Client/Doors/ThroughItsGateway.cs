using Orleans.Messaging;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Doors;

/// <summary>A client reaches a silo through the silo's own gateway, if it is one that the client was told of: that saves the hop over another silo.</summary>
/// <remarks>Orleans sends a call to a grain service that is named by a gateway through that gateway; it serves it itself.</remarks>
internal sealed class ThroughItsGateway(IGatewayListProvider gateways) : IDoorReach
{
    public async ValueTask<GrainId?> Identity(DoorAddress door) =>
        door.Gateway is { } gateway
        && SystemTargetGrainId.TryParse(door.Identity, out var target)
        && (await gateways.GetGateways()).Any(known => gateway.Equals(known.ToGatewayAddress()))
            ? target.WithSiloAddress(gateway).GrainId
            : null;
}
