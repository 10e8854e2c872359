using OrleansTagCache.Contracts;

namespace OrleansTagCache.Doors;

/// <summary>Silos reach each other directly.</summary>
internal sealed class WithinTheCluster : IDoorReach
{
    public ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(DoorAddress[] doors) => new(doors.Select(door => (door.Silo, door.Identity)));
}
