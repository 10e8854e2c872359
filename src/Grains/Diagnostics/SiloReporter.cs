using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Fanout;
using OrleansTagCache.Leases;

namespace OrleansTagCache.Diagnostics;

/// <summary>Gathers how this silo is, for people and for other silos.</summary>
internal sealed class SiloReporter
{
    private readonly EntryTable _table;
    private readonly TagLedger _ledger;
    private readonly ServingLease _lease;
    private readonly Membership _membership;
    private readonly SiloMetrics _metrics;
    private readonly ILocalSiloDetails _self;

    public SiloReporter(
        EntryTable table, TagLedger ledger, ServingLease lease, Membership membership, SiloMetrics metrics, ILocalSiloDetails self)
    {
        (_table, _ledger, _lease, _membership, _metrics, _self) = (table, ledger, lease, membership, metrics, self);
        metrics.Meter.CreateObservableGauge("tagcache.entries", () => (long)table.Count, "{entry}", "Entries with a value.");
        metrics.Meter.CreateObservableGauge("tagcache.entries.size", () => table.Bytes, "By", "Bytes accounted for entries with a value.");
        metrics.Meter.CreateObservableCounter("tagcache.evictions", () => table.Evictions, "{entry}", "Entries evicted for want of room.");
        metrics.Meter.CreateObservableGauge("tagcache.lease.remaining", () => lease.Remaining.TotalSeconds, "s", "What is left of the serving lease.");
        metrics.Meter.CreateObservableGauge("tagcache.tag_records", () => ledger.Counts.Records, "{record}", "Tags with a record.");
    }

    public SiloReport Report()
    {
        var counts = _ledger.Counts;
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
            Sessions = 0,
        };
    }
}
