using OrleansTagCache.Names;

namespace OrleansTagCache.Contracts;

/// <summary>The tags of entries that a silo has evicted to make room.</summary>
/// <param name="Position">Where the answer ends, for the next question to this start of the silo.</param>
/// <param name="Tags">The tags, as many as the silo keeps at most.</param>
/// <param name="HasLost">Whether there were more that the caller has not got.</param>
[GenerateSerializer, Immutable, Alias("otc.EvictedOnSilo")]
internal sealed record EvictedOnSilo([property: Id(0)] long Position, [property: Id(1)] TagId[] Tags, [property: Id(2)] bool HasLost);
