namespace OrleansTagCache.Coherence;

/// <summary>
/// The identity of one update: the incarnation of the invalidator that coordinates it (random, made when its process starts) and a
/// number that only rises within that incarnation.
/// </summary>
[GenerateSerializer, Immutable, Alias("otc.UpdateId")]
internal readonly record struct UpdateId([property: Id(0)] Guid Coordinator, [property: Id(1)] long Sequence);
