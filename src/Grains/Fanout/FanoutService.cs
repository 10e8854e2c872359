using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using Orleans.Services;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Tags;

namespace OrleansTagCache.Fanout;

/// <summary>The network face of this silo's invalidator: it takes calls and passes them on.</summary>
/// <remarks>
/// Grain services answer before the silo can host grains, and interleave; everything behind is thread-safe. What walks over dependents leaves this service's one scheduler
/// to the batches of updates: views go to a lane of their own, one at a time, so that who looks again and again takes no more than one thread.
/// </remarks>
internal sealed class FanoutService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggerFactory,
    Invalidator invalidator,
    Membership membership,
    LocalTagView view,
    RefreshWorker refreshes,
    SiloReporter reporter)
    : GrainService(id, silo, loggerFactory), IFanoutService
{
    private readonly TaskFactory _views = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    public ValueTask<BatchReceipt> Deliver(ChangeBatch batch) => new(invalidator.Receive(batch));

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

/// <summary>Reaches the invalidator of a given silo.</summary>
internal interface IPeers : IGrainServiceClient<IFanoutService>
{
    IFanoutService On(SiloAddress silo);
}

/// <inheritdoc cref="IPeers"/>
internal sealed class Peers(IServiceProvider services) : GrainServiceClient<IFanoutService>(services), IPeers
{
    public IFanoutService On(SiloAddress silo) => GetGrainService(silo);
}
