using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>One update or hold of tags as it travels: who coordinates it, which tags, and what is to happen to their dependents.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Tags">All of its tags; several in one call are one update.</param>
/// <param name="StaleFor">Null to expire the dependents now; otherwise how long they may still be served stale.</param>
/// <param name="Trace">The <c>traceparent</c> of its coordination, if that is traced.</param>
/// <param name="HoldFor">Of a hold: how long the tags are held at most; null for an update, which is settled instead.</param>
/// <param name="Match">Of an update that expires: whether it expires what bears any of the tags, or what bears all of them. What does not know of it expires more, never less.</param>
/// <param name="Remember">Whether readers who name the tags must see it too, whatever the entry bears.</param>
[GenerateSerializer, Immutable, Alias("otc.TagUpdate")]
internal sealed record TagUpdate(
    [property: Id(0)] UpdateId Id,
    [property: Id(1)] TagId[] Tags,
    [property: Id(2)] TimeSpan? StaleFor,
    [property: Id(3)] string? Trace = null,
    [property: Id(4)] TimeSpan? HoldFor = null,
    [property: Id(5)] TagMatch Match = TagMatch.Any,
    [property: Id(6)] bool Remember = false)
{
    /// <summary>Whether it changes any but keys, the tags that entries have of their own.</summary>
    public bool ChangesTags => Array.Exists(Tags, static tag => tag.Kind == TagKind.Tag);
}
