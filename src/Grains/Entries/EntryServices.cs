using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Sessions;

namespace OrleansTagCache.Entries;

/// <summary>What the decisions of a silo's entries depend on, and who is notified of them.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EntryServices(
    TagLedger ledger,
    EntryTable table,
    ServingLease lease,
    Invalidator invalidator,
    ClientSessions sessions,
    StampHistory history,
    RefreshWorker? refreshes,
    SiloMetrics metrics,
    ILocalSiloDetails silo,
    TimeProvider time,
    TagCacheOptions options) : IEntryTerms
{
    /// <summary>A value was stored, or became this silo's own, under the gate of its entry.</summary>
    public event Action<EntrySlot>? Stored;

    /// <summary>A read has lengthened a sliding life by much, on the reader's thread.</summary>
    public event Action<EntrySlot>? Lengthened;

    public TagLedger Ledger => ledger;

    public EntryTable Table => table;

    public Invalidator Invalidator => invalidator;

    public SiloMetrics Metrics => metrics;

    /// <summary>The keys that are read most.</summary>
    public HotKeys HotKeys { get; } = new(time);

    public TimeProvider Time => time;

    public TimeSpan GenerationLease => options.GenerationLease;

    public TimeSpan FailSafeThrottle => options.FailSafeThrottle;

    public bool ServesWithoutLease => options.LeaseLossBehavior == LeaseLossBehavior.ServeStale;

    /// <summary>Counts a read, and samples it for the keys that are read most.</summary>
    public void CountRead(string scopedKey, AcquireStatus status)
    {
        if (HotKeys.IsSampled(metrics.OnRead(status)))
        {
            HotKeys.Sample(scopedKey);
        }
    }

    public TokenId NewToken() => new(Guid.NewGuid());

    public bool MayServe(Moment now) => lease.IsValid(now);

    public IssuedSession? Register(SessionId[] named, ReadOnlySpan<TagRecord> records, TagId key, string[]? softTags = null) => sessions.Register(named, records, key, softTags);

    public NearTerms NearTermsFor(SessionId[] named, IssuedSession? registered, bool isLive) => sessions.Terms(named, registered, isLive);

    public void Replaced(Entry entry, StoredValue? old, StoredValue? value)
    {
        table.ReplacedNeedsGate((EntrySlot)entry, old, value);
        if (value is not null)
        {
            Stored?.Invoke((EntrySlot)entry);
            CacheEvents.Write(CacheEvent.EntryStored, table);
        }
    }

    /// <summary>A value became this silo's own, or a copy, under its gate.</summary>
    public void Owned(EntrySlot slot, bool isOwn)
    {
        if (isOwn)
        {
            Stored?.Invoke(slot);
        }
    }

    public void OnLengthened(Entry entry) => Lengthened?.Invoke((EntrySlot)entry);

    public string Silo { get; } = silo.SiloAddress.ToString();

    public Moment Now => time.Now();

    public Token AsOfItsCall(Token set, TimeSpan age) => history.AsOfItsCall(set, age);

    /// <summary>A loader made it, and it was stale when it was stored: there may be no reader to refresh it.</summary>
    public void RefreshSoon(string scopedKey) => refreshes?.RefreshSoon(scopedKey);

    /// <summary>Says which limit a value breaks, or null. Clients check first; this is for those that do not.</summary>
    public string? FaultOf(EntryData data) => data.Payload.Bytes.Length > options.MaximumPayloadBytes
        ? $"A value may have at most {options.MaximumPayloadBytes} bytes; this one has {data.Payload.Bytes.Length}."
        : !table.MayHold(StoredValue.BytesOf(data))
        ? $"A value of {data.Payload.Bytes.Length} bytes is more than a silo keeps in all: {table.MaximumBytes} bytes (TagCache:MaximumBytes)."
        : TagSet.FaultOfEntry(data.Tags) ?? (data.CopiedTags is { } copied ? TagSet.FaultOfEntry(copied) : null);
}
