using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Views;

namespace OrleansTagCache.Peers;

/// <summary>Takes the calls of the other silos and passes them on to this silo's invalidator, membership, views and refreshes.</summary>
/// <remarks>
/// Grain services answer before the silo can host grains, and interleave; everything behind is thread-safe. What walks over dependents leaves this service's one scheduler
/// to the batches of updates: views run one at a time on a scheduler of their own, so that polling a view takes no more than one thread.
/// </remarks>
internal sealed class PeerService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggerFactory,
    Invalidator invalidator,
    Members membership,
    TagView view,
    RefreshWorker refreshes,
    SiloReporter reporter)
    : GrainService(id, silo, loggerFactory), IPeerService
{
    private readonly TaskFactory _views = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    public ValueTask<UpdateReceipt> Deliver(SiloAddress coordinator, UpdateBatch batch) => new(invalidator.Receive(coordinator, batch));

    public ValueTask Confirm(SiloAddress member, UpdateId[] updates)
    {
        invalidator.Confirmed(member, updates);
        return default;
    }

    public ValueTask<bool> Hello(SiloAddress silo) => new(membership.Greet(silo));

    public ValueTask Goodbye(SiloAddress silo)
    {
        membership.Leave(silo);
        return default;
    }

    public ValueTask<TagOnSilo> DescribeTag(TagId tag) => new(_views.StartNew(() => view.Describe(tag)));

    public ValueTask<string[]> Dependents(TagId tag, int limit, string? after) => new(_views.StartNew(() => view.Dependents(tag, limit, after)));

    /// <remarks>Not among the views: a revalidation waits for it.</remarks>
    public ValueTask<TagId[]> LoadedTags(TagId[] tags) => new(Task.Run(() => view.LoadedTags(tags)));

    public ValueTask<StaleKeys> StaleLoaded(TagId tag) => new(Task.Run(() => view.StaleLoaded(tag)));

    public ValueTask Refresh(TagId tag)
    {
        refreshes.Poke(tag);
        return default;
    }

    public ValueTask<SiloReport> Report() => new(_views.StartNew(reporter.Report));
}
