using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Hosting;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using OrleansTagCache.Near;
using OrleansTagCache.Ownership;
using OrleansTagCache.Sessions;

namespace OrleansTagCache.Peers;

/// <summary>Gathers how this silo is, for people and for other silos.</summary>
internal sealed class SiloReporter
{
    private readonly EntryTable _table;
    private readonly TagLedger _ledger;
    private readonly ServingLease _lease;
    private readonly Members _membership;
    private readonly ClientSessions _sessions;
    private readonly Invalidator _invalidator;
    private readonly NearCache[] _near;
    private readonly SiloMetrics _metrics;
    private readonly Owners _owners;
    private readonly Mover _mover;
    private readonly FormerOwners _former;
    private readonly Standbys _standbys;
    private readonly PeerVersions _versions;
    private readonly ProcessReporter _process;
    private readonly NearHits _nearHits;
    private readonly ILocalSiloDetails _self;

    public SiloReporter(
        EntryTable table,
        TagLedger ledger,
        ServingLease lease,
        Members membership,
        ClientSessions sessions,
        Invalidator invalidator,
        ProcessCaches caches,
        SiloMetrics metrics,
        Owners owners,
        Mover mover,
        FormerOwners former,
        Standbys standbys,
        PeerVersions versions,
        ProcessReporter process,
        NearHits nearHits,
        ILocalSiloDetails self)
    {
        (_table, _ledger, _lease, _membership, _owners) = (table, ledger, lease, membership, owners);
        (_sessions, _invalidator, _near, _metrics, _self) = (sessions, invalidator, caches.Each<NearCache>(), metrics, self);
        (_mover, _former, _standbys, _versions, _process, _nearHits) = (mover, former, standbys, versions, process, nearHits);
        metrics.Meter.CreateObservableUpDownCounter("tagcache.entry.count", () => (long)table.Count, "{entry}", "Entries with a value.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.memory.usage", () => table.Bytes, "By", "Bytes accounted for entries with a value.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.memory.limit", () => table.MaximumBytes, "By", "The bound on those bytes.");
        metrics.Meter.CreateObservableCounter("tagcache.evictions", () => table.Evictions, "{entry}", "Entries evicted to make room.");
        metrics.Meter.CreateObservableGauge("tagcache.lease.remaining", () => lease.Remaining.TotalSeconds, "s", "What is left of the serving lease.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.update.pending", () => invalidator.PendingCount, "{update}", "Updates, revalidations and holds of this silo that some process has not acknowledged.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.session.count", () => sessions.Counts.Sessions, "{session}", "Sessions of clients that keep this silo's entries near.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.session.interest", () => sessions.Counts.Interest, "{tag}", "Tags, keys among them, that sessions are interested in.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.move.pending", () => mover.Counts.ToSend, "{entry}", "Entries that belong to other silos and are still to be sent there.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.standby.copy.count", () => table.Copies.Count, "{copy}", "Copies of other silos' entries that this one holds as a standby.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.standby.pending", () => standbys.Backlog.Waiting, "{entry}", "Entries whose standby has not acknowledged what they have now.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.standby.behind", () => standbys.Backlog.Behind, "{silo}", "Standbys that took nothing when they were asked last: they lack more than what is pending.");
        metrics.Meter.CreateObservableCounter("tagcache.standby.unsecured", () => standbys.Unsecured, "{set}", "Sets that went on without their standby, which had not acknowledged within a second.");
        metrics.Meter.CreateObservableGauge("tagcache.move.filling", () => (former.FillingFor ?? TimeSpan.Zero).TotalSeconds, "s", "For how long this silo has waited for others to send it what is its own now.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.push.pending", () => sessions.Counts.Pushes, "{push}", "Pushes that clients have not acknowledged.");
        metrics.Meter.CreateObservableCounter("tagcache.session.broken", () => sessions.Counts.Broken, "{session}", "Sessions broken because their clients did not acknowledge in time.");
        metrics.Meter.CreateObservableGauge("tagcache.hold.count", () => invalidator.Holds.Count, "{hold}", "Holds of tags that are held at this silo: all of the cluster's.");
        metrics.Meter.CreateObservableGauge("tagcache.hold.oldest", () => (invalidator.Holds.Oldest ?? TimeSpan.Zero).TotalSeconds, "s", "For how long the oldest of them has been held.");
        metrics.Meter.CreateObservableCounter("tagcache.hold.overdue", () => invalidator.OverdueHolds, "{hold}", "Holds that this silo ended because their time was over.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.tag_record.count", () => ledger.Counts.Records, "{record}", "Tags with a record.");
        metrics.Meter.CreateObservableUpDownCounter("tagcache.remembered_tag.count", () => ledger.Remembered, "{tag}", "Tags whose last update is remembered for readers who name them.");
    }

    /// <param name="queueDelay">How long work has waited for a thread of the pool.</param>
    public SiloReport Report(TimeSpan queueDelay) => Report() with { Process = _process.Report(queueDelay) };

    /// <summary>What a board shows every second.</summary>
    public TrafficReport Traffic() => new(Report(), _nearHits.Ask(), _metrics.UpdateTimes);

    private SiloReport Report()
    {
        var counts = _ledger.Counts;
        var sessions = _sessions.Counts;
        var (toSend, sent, notKept) = _mover.Counts;
        var copies = _table.Copies;
        var (waiting, behind) = _standbys.Backlog;
        var (holds, oldestHold) = _invalidator.Holds;
        return new()
        {
            Silo = _self.SiloAddress.ToString(),
            IsServing = _lease.IsValid(),
            Lease = _lease.Remaining,
            Entries = _table.Count,
            Bytes = _table.Bytes,
            MaximumBytes = _table.MaximumBytes,
            Hits = _metrics.Hits,
            StaleHits = _metrics.StaleHits,
            Misses = _metrics.Misses,
            Evictions = _table.Evictions,
            TagRecords = counts.Records,
            OpenUpdates = counts.OpenUpdates,
            Members = [.. _membership.Others.Select(silo => silo.ToString())],
            Sessions = sessions.Sessions,
            Interest = sessions.Interest,
            Pushes = sessions.Pushes,
            BrokenSessions = sessions.Broken,
            NearEntries = _near.Sum(near => near.Count),
            DelayedBy = _invalidator.DelayedBy,
            Owners = _owners.Silos.Silos.Count,
            IsSettled = _mover.IsSettled,
            ToSend = toSend,
            Sent = sent,
            NotKept = notKept,
            FillingFor = _former.FillingFor,
            StandbyCopies = copies.Count,
            StandbyBytes = copies.Bytes,
            StandbyWaiting = waiting,
            StandbysBehind = behind,
            Versions = _versions.Own,
            Spoken = _versions.Spoken,
            Holds = holds,
            OldestHold = oldestHold,
        };
    }
}
