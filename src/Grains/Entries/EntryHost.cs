using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Fanout;
using OrleansTagCache.Hosting;
using OrleansTagCache.Leases;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>What the entry grains of a silo share: one object instead of many references in each.</summary>
internal sealed class EntryHost(
    TagLedger ledger,
    EntryTable table,
    ServingLease lease,
    Invalidator invalidator,
    SiloMetrics metrics,
    ILocalSiloDetails silo,
    TimeProvider time,
    TagCacheOptions options)
{
    public TagLedger Ledger => ledger;

    public EntryTable Table => table;

    public ServingLease Lease => lease;

    public Invalidator Invalidator => invalidator;

    public SiloMetrics Metrics => metrics;

    public TimeProvider Time => time;

    public TimeSpan GenerationLease => options.GenerationLease;

    public bool ServesWithoutLease => options.LeaseLossBehavior == LeaseLossBehavior.ServeStale;

    public string Silo { get; } = silo.SiloAddress.ToString();

    public Moment Now => time.Now();

    /// <summary>Says which limit a value breaks, or null. Clients check first; this is for those that do not.</summary>
    public string? FaultOf(EntryData data) => data.Payload.Bytes.Length > options.MaximumPayloadBytes
        ? $"A value may have at most {options.MaximumPayloadBytes} bytes; this one has {data.Payload.Bytes.Length}."
        : TagSet.FaultOfEntry(data.Tags);

    /// <summary>All tags that a value bears: its own, the namespace's <c>*</c>, and last its key.</summary>
    public static TagId[] TagsOf(string scopedKey, IReadOnlyList<string> tags)
    {
        var ns = CacheNamespace.Split(scopedKey).Namespace;
        var ids = new TagId[tags.Count + 2];
        for (var i = 0; i < tags.Count; i++)
        {
            ids[i] = TagId.OfTag(ns, tags[i]);
        }

        ids[^2] = TagId.OfEverything(ns);
        ids[^1] = TagId.OfKey(scopedKey);
        return ids;
    }

    /// <summary>Whether what a value was copied from may be believed: the tags that came with other entries, and the namespace's <c>*</c>.</summary>
    public bool MayKeepWhatWasCopied(string scopedKey, EntryData data, Stamp stamp) =>
        data.CopiedTags is not { } copied || ledger.MayKeepCopy(TagsOf(scopedKey, copied).AsSpan(..^1), stamp);
}
