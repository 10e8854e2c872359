using OrleansTagCache.Contracts;

namespace OrleansTagCache.Doors;

/// <summary>How this process reaches the door of a silo.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IDoorReach
{
    /// <summary>The identity to call; null if it cannot be reached directly.</summary>
    ValueTask<GrainId?> Identity(DoorAddress door);
}
