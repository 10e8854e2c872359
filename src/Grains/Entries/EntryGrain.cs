using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Entries;

/// <summary>
/// An entry as an actor, for callers that address it: through any gateway, or from other grains. Every key has one, as actors do; it is activated by the first call and collected
/// when it is idle. It owns nothing: the entry is in the store of the silo that it runs on, which is the one that the key belongs to.
/// </summary>
/// <remarks>Reentrant: readers that wait interleave with the commit that they wait for. Immovable, since what it calls does not move with it.</remarks>
[Reentrant, Immovable, RandomPlacement, ThroughAnyGateway, GrainType(OwnedGrains.Entry), GrainDirectory(OwnerDirectory.Name), CollectionAgeLimit(Minutes = 1)]
internal sealed class EntryGrain(EntryStore store, EntryTable table, IFormerValues former, IGrainContext context) : Grain, IEntryGrain
{
    private readonly string _scopedKey = context.GrainId.Key.ToString()!;

    public ValueTask<Acquired> Acquire(AcquireRequest request)
    {
        return former.MayFind(_scopedKey) ? AcquireAfterLooking() : Ask();

        // Before there is a token: what is filled without a reader must not make others go.
        ValueTask<Acquired> Ask() => request.FillPercent > 0 && table.IsFilled(request.FillPercent) ? new(Acquired.NoRoom) : store.Acquire(_scopedKey, request);

        async ValueTask<Acquired> AcquireAfterLooking()
        {
            await former.Find(_scopedKey);
            return await Ask();
        }
    }

    public ValueTask<Acquired> AcquireSoft(AcquireRequest request) => Acquire(request);

    public ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null) => new(store.Commit(_scopedKey, token, data, sessions));

    public ValueTask<bool> Abandon(TokenId token, bool isForStoring = true) => new(store.Abandon(_scopedKey, token, isForStoring));

    public ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver) => new(store.FailSafe(_scopedKey, token, isOver));

    public ValueTask<TokenId> BeginSet() => new(store.BeginSet(_scopedKey));

    public ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null) => store.Set(_scopedKey, token, data, age, trace, since);

    public ValueTask<UpdateOutcome> Remove(string? trace = null) => store.Remove(_scopedKey, trace);

    public ValueTask<EntryDescription?> Describe() => new(store.Describe(_scopedKey));
}
