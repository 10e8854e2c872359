using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>What a client is told to let go of: everything that it keeps under these tags.</summary>
/// <param name="Number">The push's number in its session; they rise by one.</param>
/// <param name="Tags">The tags.</param>
/// <param name="StaleFor">Null to expire; otherwise how long their values may still be served stale.</param>
/// <param name="Trace">The <c>traceparent</c> of what it is pushed for, if that is traced.</param>
/// <param name="Match">Of what expires: whether what bears any of the tags, or what bears all of them.</param>
[GenerateSerializer, Immutable, Alias("otc.Push")]
internal sealed record Push(
    [property: Id(0)] long Number,
    [property: Id(1)] TagId[] Tags,
    [property: Id(2)] TimeSpan? StaleFor,
    [property: Id(3)] string? Trace = null,
    [property: Id(4)] TagMatch Match = TagMatch.Any);
