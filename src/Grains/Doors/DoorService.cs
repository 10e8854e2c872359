using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Placement;

namespace OrleansTagCache.Doors;

/// <summary>The network face of a silo's door. A grain service, since those are reached through the very gateway that they are named by.</summary>
/// <remarks>Grain services interleave; everything behind is thread-safe.</remarks>
internal sealed class DoorService(
    GrainId id, Silo silo, ILoggerFactory loggerFactory, EntryDoor entries, Owners owners, IGrainFactory grains)
    : GrainService(id, silo, loggerFactory), IDoorService
{
    public ValueTask<Acquired?[]> Acquire(EntryQuestion[] questions, SessionId[]? sessions) => entries.Acquire(questions, sessions);

    public ValueTask<CommitOutcome?[]> Commit(EntryOffer[] offers, SessionId[]? sessions) => entries.Commit(offers, sessions);

    public async ValueTask<ChangeOutcome?> Change(string tag, ChangeRequest request, Guid asker) =>
        owners.IsAstray(tag) ? null : await grains.GetGrain<ITagGrain>(tag).Change(request, asker);
}

/// <summary>Knows the identity of any silo's door.</summary>
internal sealed class DoorServices(IServiceProvider services) : GrainServiceClient<IDoorService>(services)
{
    public GrainId IdentityOn(SiloAddress silo) => GetGrainService(silo).GetGrainId();
}
