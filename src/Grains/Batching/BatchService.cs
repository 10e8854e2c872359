using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Moving;
using OrleansTagCache.Ownership;
using OrleansTagCache.Tags;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Batching;

/// <summary>Serves the batches of clients and other silos. A grain service, since a client reaches it through the silo's own gateway.</summary>
/// <remarks>
/// A grain service has one turn at a time, and all reads of the silo pass here: what takes a lock leaves the turn first. Everything behind is thread-safe.
/// </remarks>
internal sealed class BatchService(
    GrainId id, Silo silo, ILoggerFactory loggerFactory, EntryBatchHandler entries, KeyChangeHandler changes, EntryStore store, Owners owners, Standbys standbys, TagUpdates updates)
    : GrainService(id, silo, loggerFactory), IBatchService
{
    public ValueTask<Acquired?[]> Acquire(EntryRead[] reads, SessionId[]? sessions)
    {
        var answers = entries.AcquireFresh(reads, sessions);
        return answers.Contains(null) ? WithOthers() : new(answers);

        async ValueTask<Acquired?[]> WithOthers()
        {
            await PoolYield.Go();
            entries.AcquireOthers(reads, sessions, answers);
            return answers;
        }
    }

    public async ValueTask<CommitOutcome?[]> Commit(EntryOffer[] offers, SessionId[]? sessions)
    {
        await PoolYield.Go();
        return entries.Commit(offers, sessions);
    }

    public async ValueTask<bool?> Abandon(string scopedKey, TokenId token, bool isForStoring)
    {
        await PoolYield.Go();
        return store.Abandon(scopedKey, token, isForStoring) ? true : owners.IsAstray(scopedKey) ? null : false;
    }

    public async ValueTask<SetBegun?[]> BeginSets(string[] scopedKeys)
    {
        await PoolYield.Go();
        return changes.BeginSets(scopedKeys);
    }

    public async ValueTask<KeyChanged?[]> Change(KeyChange[] changed)
    {
        await PoolYield.Go();
        return await changes.Change(changed);
    }

    public async ValueTask<bool> Secure(string scopedKey)
    {
        await PoolYield.Go();
        return await standbys.Secure(scopedKey);
    }

    public ValueTask<UpdateOutcome?> Finish(long pending) => changes.Finish(pending);

    public async ValueTask<UpdateOutcome?> Update(string tag, UpdateRequest request, Guid requestId) =>
        owners.IsAstray(tag) ? null : await updates.Update(tag, request, requestId);

    public ValueTask<UpdateOutcome?> UpdateAll(string tag, UpdateRequest request, Guid requestId) => Update(tag, request, requestId);

    public async ValueTask<HoldOutcome> Hold(HoldRequest request) => await updates.Hold(request);

    public async ValueTask<bool> Release(HoldRelease hold) => await updates.Release(hold);
}

/// <summary>Knows the identity of any silo's batch service.</summary>
internal sealed class BatchServiceClient(IServiceProvider services) : GrainServiceClient<IBatchService>(services)
{
    public GrainId IdentityOn(SiloAddress silo) => GetGrainService(silo).GetGrainId();
}
