using OrleansTagCache.Contracts;

namespace OrleansTagCache.Doors;

/// <summary>How this process reaches the doors of silos.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IDoorReach
{
    /// <summary>The identities to call, of those that can be reached directly.</summary>
    ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(DoorAddress[] doors);
}
