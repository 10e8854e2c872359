using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>One entry: its value, and its key's single flight over the whole cluster. Its identity is the namespaced key.</summary>
[Alias("otc.IEntryGrain")]
internal interface IEntryGrain : IGrainWithStringKey
{
    /// <summary>The value, or a token to make it, or the wait for the caller that is making it.</summary>
    [Alias("Acquire"), ResponseTimeout("00:00:08")]
    ValueTask<Acquired> Acquire(AcquireRequest request);

    /// <summary>As <see cref="Acquire"/>, for a reader with soft tags (<see cref="ProtocolVersion.Remembering"/>): a silo that does not know of them has no such method, and gives it nothing.</summary>
    [Alias("AcquireSoft"), ResponseTimeout("00:00:08")]
    ValueTask<Acquired> AcquireSoft(AcquireRequest request);

    /// <summary>Stores what was generated under the token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="data">The value.</param>
    /// <param name="sessions">As in <see cref="AcquireRequest.Sessions"/>.</param>
    [Alias("Commit"), ResponseTimeout("00:00:05")]
    ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null);

    /// <summary>The factory failed or its caller went away: the next waiter gets a token. What is stored stays as it is.</summary>
    /// <param name="token">The token.</param>
    /// <param name="isForStoring">False if a value was made that is not for storing: for a while no reader waits for the next.</param>
    [Alias("Abandon"), ResponseTimeout("00:00:05")]
    ValueTask<bool> Abandon(TokenId token, bool isForStoring = true);

    /// <summary>
    /// The factory has failed or is slow: gives the value past its life that may be served for fail-safe. Nothing that an update, or
    /// the deadline of a revalidation, has expired.
    /// </summary>
    /// <param name="token">The token that the factory runs under.</param>
    /// <param name="isOver">Whether the token is given back.</param>
    [Alias("FailSafe"), ResponseTimeout("00:00:05")]
    ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver);

    /// <summary>The first trip of a plain set: a point that both clocks know. None without the right to serve.</summary>
    [Alias("BeginSet"), ResponseTimeout("00:00:05")]
    ValueTask<TokenId> BeginSet();

    /// <summary>The second trip: stores the value, and updates the key, so that no process serves an earlier one when this has returned.</summary>
    /// <param name="token">From the first trip.</param>
    /// <param name="data">The value.</param>
    /// <param name="age">How long before the first trip's answer the value was made, or more.</param>
    /// <param name="trace">The <c>traceparent</c> of the call, if it is traced.</param>
    /// <param name="since">Of a value that was made after a moment which a silo has sealed, what that silo knows of the time since; null of one that was made when its call was.</param>
    [Alias("Set"), ResponseTimeout("00:00:05")]
    ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null);

    /// <summary>Drops the value and updates the key.</summary>
    /// <param name="trace">As in <see cref="Set"/>.</param>
    [Alias("Remove"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome> Remove(string? trace = null);

    /// <summary>Tells of the entry without its value; null if there is nothing that would be served.</summary>
    [Alias("Describe"), ResponseTimeout("00:00:05")]
    ValueTask<EntryDescription?> Describe();
}
