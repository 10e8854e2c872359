using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Batching;

/// <summary>Serves the batches of clients and other silos. A grain service, since a client reaches it through the silo's own gateway.</summary>
/// <remarks>Grain services interleave; everything behind is thread-safe.</remarks>
internal sealed class BatchService(
    GrainId id, Silo silo, ILoggerFactory loggerFactory, EntryBatchHandler entries, Owners owners, IGrainFactory grains)
    : GrainService(id, silo, loggerFactory), IBatchService
{
    public ValueTask<Acquired?[]> Acquire(EntryRead[] questions, SessionId[]? sessions) => entries.Acquire(questions, sessions);

    public ValueTask<CommitOutcome?[]> Commit(EntryOffer[] offers, SessionId[]? sessions) => entries.Commit(offers, sessions);

    public async ValueTask<UpdateOutcome?> Update(string tag, UpdateRequest request, Guid requestId) =>
        owners.IsAstray(tag) ? null : await grains.GetGrain<ITagGrain>(tag).Update(request, requestId);
}

/// <summary>Knows the identity of any silo's batch service.</summary>
internal sealed class BatchServiceClient(IServiceProvider services) : GrainServiceClient<IBatchService>(services)
{
    public GrainId IdentityOn(SiloAddress silo) => GetGrainService(silo).GetGrainId();
}
