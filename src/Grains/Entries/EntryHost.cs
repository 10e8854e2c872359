using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Fanout;
using OrleansTagCache.Hosting;
using OrleansTagCache.Leases;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Sessions;

namespace OrleansTagCache.Entries;

/// <summary>What the entry grains of a silo share: one object instead of many references in each.</summary>
internal sealed class EntryHost(
    TagLedger ledger,
    EntryTable table,
    ServingLease lease,
    Invalidator invalidator,
    ClientSessions sessions,
    StampHistory history,
    RefreshWorker refreshes,
    SiloMetrics metrics,
    ILocalSiloDetails silo,
    TimeProvider time,
    TagCacheOptions options)
{
    public TagLedger Ledger => ledger;

    public EntryTable Table => table;

    public ServingLease Lease => lease;

    public Invalidator Invalidator => invalidator;

    public ClientSessions Sessions => sessions;

    public SiloMetrics Metrics => metrics;

    public TimeProvider Time => time;

    public TimeSpan GenerationLease => options.GenerationLease;

    public TimeSpan FailSafeThrottle => options.FailSafeThrottle;

    public bool ServesWithoutLease => options.LeaseLossBehavior == LeaseLossBehavior.ServeStale;

    public string Silo { get; } = silo.SiloAddress.ToString();

    public Moment Now => time.Now();

    /// <summary>Whether no tag of a value was updated since it was made, so long before a moment by another clock, and what it was copied from since then may be believed.</summary>
    public bool IsLiveSince(string scopedKey, EntryData data, Moment moment, TimeSpan age)
    {
        var stamp = history.AsOf(moment + -(age * (1 + LeaseTerms.RateError)), ledger.Stamp());
        return ledger.IsLive(TagId.OfEntry(scopedKey, data.Tags).AsSpan(..^1), stamp) && MayKeepWhatWasCopied(scopedKey, data, stamp);
    }

    /// <summary>A loader made it, and it was stale when it was stored: nobody else may come for it.</summary>
    public void RefreshSoon(string scopedKey) => refreshes.RefreshSoon(scopedKey);

    /// <summary>Says which limit a value breaks, or null. Clients check first; this is for those that do not.</summary>
    public string? FaultOf(EntryData data) => data.Payload.Bytes.Length > options.MaximumPayloadBytes
        ? $"A value may have at most {options.MaximumPayloadBytes} bytes; this one has {data.Payload.Bytes.Length}."
        : TagSet.FaultOfEntry(data.Tags);

    /// <summary>Whether what a value was copied from may be believed: the tags that came with other entries, and the namespace's <c>*</c>.</summary>
    public bool MayKeepWhatWasCopied(string scopedKey, EntryData data, Stamp stamp) =>
        data.CopiedTags is not { } copied || ledger.MayKeepCopy(TagId.OfEntry(scopedKey, copied).AsSpan(..^1), stamp);
}
