using Orleans.Messaging;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Doors;

/// <summary>A client reaches a silo through the silo's own gateway, if it is one that the client was told of: that saves the hop over another silo.</summary>
/// <remarks>Orleans sends a call to a grain service that is named by a gateway through that gateway; it serves it itself.</remarks>
internal sealed class ThroughItsGateway(IGatewayListProvider gateways) : IDoorReach
{
    public async ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(DoorAddress[] doors)
    {
        HashSet<SiloAddress?> known = [.. (await gateways.GetGateways().ConfigureAwait(false)).Select(gateway => gateway.ToGatewayAddress())];
        return doors.Where(door => door.Gateway is not null && known.Contains(door.Gateway)).Select(door =>
            (door.Silo, SystemTargetGrainId.TryParse(door.Identity, out var target) ? target.WithSiloAddress(door.Gateway!).GrainId : door.Identity));
    }
}
