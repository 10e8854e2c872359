using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Joining;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Scheduling;
using OrleansTagCache.Tasks;
using OrleansTagCache.Views;
using OrleansTagCache.WarmUps;

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
    TagList tags,
    KeyView entries,
    RefreshWorker refreshes,
    WarmUpMemory warmUps,
    ScheduleKeeper schedules,
    SiloReporter reporter,
    Standings standings,
    PeerVersions peers,
    OwnershipChanges changes,
    FormerOwners former,
    TicketIssuer tickets,
    EntryStore store,
    EvictedTags evicted,
    TimeProvider time)
    : GrainService(id, silo, loggerFactory), IPeerService
{
    private readonly SiloAddress _self = silo.SiloAddress;
    private readonly TaskFactory _views = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    public ValueTask<UpdateReceipt> Deliver(SiloAddress coordinator, UpdateBatch batch) => new(invalidator.Receive(coordinator, batch));

    public ValueTask Confirm(SiloAddress member, UpdateId[] updates, bool isSessionBroken = false)
    {
        invalidator.Confirmed(member, updates, isSessionBroken);
        return default;
    }

    public ValueTask<Standing?> Hello(SiloAddress silo, ProtocolVersions? versions = null) => new(Greets(silo, versions) ? standings.Of(_self) : null);

    public ValueTask<HelloAgainAnswer?> HelloAgain(SiloAddress silo, ProtocolVersions versions) =>
        new(Greets(silo, versions) ? invalidator.Tell(standings.Of(_self)) : null);

    public ValueTask Announce(SiloAddress silo, Standing standing)
    {
        changes.Heard(silo, standing);
        return default;
    }

    public ValueTask<TicketId> Ticket() => new(tickets.Issue());

    /// <remarks>It takes the gates of many entries: not in this service's one turn.</remarks>
    public async ValueTask<CopyReceipt> Take(TicketId ticket, EntryCopy[] copies)
    {
        await PoolYield.Go();
        return tickets.Take(ticket, copies);
    }

    public ValueTask HasSent(SiloAddress silo)
    {
        former.HasSent(silo);
        return default;
    }

    public async ValueTask<EntryCopy?> Copy(string scopedKey)
    {
        await PoolYield.Go();
        return store.CopyOf(scopedKey);
    }

    public ValueTask Goodbye(SiloAddress silo)
    {
        membership.Leave(silo);
        return default;
    }

    public ValueTask<TagOnSilo> DescribeTag(TagId tag) => new(_views.StartNew(() => view.Describe(tag)));

    public ValueTask<string[]> Dependents(TagId tag, int limit, string? after) => new(_views.StartNew(() => view.Dependents(tag, limit, after)));

    public ValueTask<TagCount[]> Tags(CacheNamespace ns, string prefix, int limit, string? after) => new(_views.StartNew(() => tags.After(ns, prefix, limit, after)));

    /// <remarks>Not among the views: a revalidation waits for it.</remarks>
    public ValueTask<TagId[]> LoadedTags(TagId[] tags) => new(Task.Run(() => view.LoadedTags(tags)));

    public ValueTask<StaleKeys> StaleLoaded(TagId tag) => new(Task.Run(() => view.StaleLoaded(tag)));

    public ValueTask Refresh(TagId tag)
    {
        refreshes.Poke(tag);
        return default;
    }

    public ValueTask<WarmUpKnowledge> WarmUp(string scopedName, WarmUpMark? mark) => new(new WarmUpKnowledge(warmUps.Tell(scopedName, mark)));

    public ValueTask<WarmUpsOnSilo> WarmUps(CacheNamespace ns, int limit) => new(_views.StartNew(() => new WarmUpsOnSilo(warmUps.Describe(ns, limit), schedules.Describe(ns, limit))));

    /// <remarks>The pool's delay is measured before the views, which wait for each other.</remarks>
    public async ValueTask<SiloReport> Report()
    {
        var asked = time.Now();
        await PoolYield.Go();
        var delay = time.Now() - asked;
        return await _views.StartNew(() => reporter.Report(delay));
    }

    public ValueTask<TrafficReport> Traffic() => new(_views.StartNew(reporter.Traffic));

    public ValueTask<EvictedOnSilo> Evicted(long? position) => new(evicted.After(position));

    public ValueTask<UpdatesOnSilo> SlowUpdates() => new(_views.StartNew(() => new UpdatesOnSilo(_self.ToString(), invalidator.SlowUpdates())));

    public ValueTask<HotKeysOnSilo> HotKeys(CacheNamespace ns, int limit) => new(_views.StartNew(() => entries.Hottest(ns, limit)));

    public ValueTask<KeyReport[]> LargeKeys(CacheNamespace ns, int limit) => new(_views.StartNew(() => entries.Largest(ns, limit)));

    public ValueTask<KeyReport[]> DescribeKeys(CacheNamespace ns, string[] keys) => new(_views.StartNew(() => entries.Describe(ns, keys)));

    /// <summary>A silo that knows no holds has to wait for the end of those that are held: it could not be told of them.</summary>
    private bool Greets(SiloAddress silo, ProtocolVersions? versions) =>
        peers.Accepts(silo, versions) && (peers.Spoken >= ProtocolVersion.Holds || invalidator.Holds.Count == 0) && membership.Greet(silo);
}
