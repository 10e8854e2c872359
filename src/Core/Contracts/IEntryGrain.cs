using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>One entry: its value, and its key's single flight over the whole cluster. Its identity is the namespaced key.</summary>
[Alias("otc.IEntryGrain")]
internal interface IEntryGrain : IGrainWithStringKey
{
    /// <summary>The value, or a token to make it, or the wait for whoever is making it.</summary>
    [Alias("Acquire"), ResponseTimeout("00:00:08")]
    ValueTask<Acquired> Acquire(AcquireRequest request);

    /// <summary>Stores what was generated under the token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="data">The value.</param>
    /// <param name="sessions">As in <see cref="AcquireRequest.Sessions"/>.</param>
    [Alias("Commit"), ResponseTimeout("00:00:05")]
    ValueTask<CommitOutcome> Commit(GenerationId token, EntryData data, SessionId[]? sessions = null);

    /// <summary>The factory failed or its caller went away: the next waiter gets a token. What is stored stays as it is.</summary>
    [Alias("Abandon"), ResponseTimeout("00:00:05")]
    ValueTask<bool> Abandon(GenerationId token);

    /// <summary>The first trip of a plain set: the stamp as of which its value counts as generated. None without the right to serve.</summary>
    [Alias("BeginSet"), ResponseTimeout("00:00:05")]
    ValueTask<GenerationId> BeginSet();

    /// <summary>The second trip: stores the value, and updates the key, so that no process serves an earlier one when this has returned.</summary>
    [Alias("Set"), ResponseTimeout("00:00:05")]
    ValueTask<SetOutcome> Set(GenerationId token, EntryData data);

    /// <summary>Drops the value and updates the key.</summary>
    [Alias("Remove"), ResponseTimeout("00:00:05")]
    ValueTask<ChangeOutcome> Remove();

    /// <summary>Tells of the entry without its value; null if there is nothing that would be served.</summary>
    [Alias("Describe"), ResponseTimeout("00:00:05")]
    ValueTask<EntryDescription?> Describe();
}
