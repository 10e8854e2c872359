using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>One tag: through it the tag is updated and revalidated. Its identity is the namespaced tag.</summary>
[Alias("otc.ITagGrain")]
internal interface ITagGrain : IGrainWithStringKey
{
    /// <summary>Updates or revalidates the tags; callers that arrive while an update is on its way share the next one.</summary>
    /// <param name="request">The update.</param>
    /// <param name="requestId">Who asks. The same identity again, while the update is on its way, means the same update. Empty if it is not to be recognised.</param>
    [Alias("Update"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId);

    /// <summary>As <see cref="Update"/>, of an update of all of the tags (<see cref="ProtocolVersion.Conjunctions"/>), or one that is remembered (<see cref="ProtocolVersion.Remembering"/>): a silo that does not know them has no such method.</summary>
    [Alias("UpdateAll"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome> UpdateAll(UpdateRequest request, Guid requestId);

    /// <summary>Holds tags around a change of their source: tried once, since a repeated one must have a time of its own.</summary>
    [Alias("Hold"), ResponseTimeout("00:00:05")]
    ValueTask<HoldOutcome> Hold(HoldRequest request);

    /// <summary>Ends a hold everywhere, and waits only for its end here. True if it was held throughout as far as this silo can tell: it acknowledged the hold itself, holds it still, and has the right to serve.</summary>
    [Alias("Release"), ResponseTimeout("00:00:02")]
    ValueTask<bool> Release(HoldRelease hold);

    /// <summary>Asks every silo what it knows of the tag.</summary>
    [Alias("Describe"), ResponseTimeout("00:00:05")]
    ValueTask<TagDescription> Describe();

    /// <summary>A page of dependents from all silos.</summary>
    /// <param name="limit">The most keys of the page.</param>
    /// <param name="after">The last key of the page before, or null for the first page.</param>
    [Alias("Dependents"), ResponseTimeout("00:00:05")]
    ValueTask<DependentsPage> Dependents(int limit, string? after);
}
