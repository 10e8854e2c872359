using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Testing;

/// <summary>Stands before an entry's grain and passes everything on; a test overrides what it wants to see or to hold.</summary>
internal class EntryAround(IEntryGrain entry) : IEntryGrain
{
    public virtual ValueTask<Acquired> Acquire(AcquireRequest request) => entry.Acquire(request);

    public virtual ValueTask<Acquired> AcquireSoft(AcquireRequest request) => Acquire(request);

    public virtual ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null) => entry.Commit(token, data, sessions);

    public virtual ValueTask<bool> Abandon(TokenId token, bool isForStoring = true) => entry.Abandon(token, isForStoring);

    public virtual ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver) => entry.FailSafe(token, isOver);

    public virtual ValueTask<TokenId> BeginSet() => entry.BeginSet();

    public virtual ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null) => entry.Set(token, data, age, trace, since);

    public virtual ValueTask<UpdateOutcome> Remove(string? trace = null) => entry.Remove(trace);

    public virtual ValueTask<EntryDescription?> Describe() => entry.Describe();
}
