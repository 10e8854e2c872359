using OrleansTagCache.Contracts;

namespace OrleansTagCache.Transport;

/// <summary>What a silo knows of a value that was made after a moment which it has sealed.</summary>
/// <param name="Data">The value as it is to be stored: stale from the start, if one of its tags was revalidated since.</param>
/// <param name="IsKeyChanged">Whether its key may have been set or removed since.</param>
/// <param name="Remembered">The soft tags that were updated since; null if that is not known.</param>
internal sealed record SinceVerdict(EntryData Data, bool IsKeyChanged, string[]? Remembered);
