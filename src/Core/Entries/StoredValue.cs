using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>A value as a silo keeps it: with its validity, and the stamp that its key is judged by.</summary>
/// <remarks>Immutable but for <see cref="KeepAsOf"/>, <see cref="Read"/> and <see cref="IsStandbyCopy"/>. Any thread may ask for its freshness.</remarks>
internal sealed class StoredValue
{
    /// <summary>What an entry costs beside its payload, roughly: its slot, validity, and a tag of its own. Accounted, so that empty values are bounded too.</summary>
    public const int Overhead = 640;

    private readonly EntryValidity _validity;
    private readonly ExtraLife? _extra;
    private long _keyStamp;

    /// <param name="data">The value.</param>
    /// <param name="stamp">The ledger's clock before the generation began.</param>
    /// <param name="generatedAt">When the generation began.</param>
    /// <param name="records">Held records: its tags, and last the namespace's <c>*</c>.</param>
    /// <param name="slot">Where it is kept.</param>
    /// <param name="keyStamp">The clock that its key is judged by, if that is another.</param>
    /// <param name="storedAt">When it was stored, from which a sliding expiration counts: a generation may take longer than that; when it began, if left out.</param>
    /// <param name="brought">The soft tags that were updated when it may have been made already, and that its stamp says nothing of; null for none.</param>
    public StoredValue(EntryData data, Stamp stamp, Moment generatedAt, TagRecord[] records, KeySlot slot, Stamp? keyStamp = null, Moment? storedAt = null, BroughtTags? brought = null)
    {
        _validity = new(stamp, generatedAt, Alike.Share(data.Life), records, slot);
        _extra = ExtraLife.Of(data.FailSafe, data.Sliding, storedAt ?? generatedAt, data.EagerAt, brought);
        (Payload, IsLoaded, IsSet, Standby, _keyStamp) = (Alike.Share(data.Payload), data.IsLoaded, keyStamp is not null, data.Standby, (keyStamp ?? stamp).Value);
    }

    /// <summary>A copy of another silo's value, that is judged by the ticket under which it came, and by what it has brought.</summary>
    public StoredValue(EntryCopy copy, Ticket ticket, TagRecord[] records, KeySlot slot, BroughtTags? brought = null)
        : this(copy.Data, ticket.Stamp, ticket.IssuedAt + -copy.Age, records, slot)
    {
        _extra = ExtraLife.Of(copy.Data.FailSafe, copy.Data.Sliding, ticket.IssuedAt + -copy.Idle, copy.Data.EagerAt, brought);
        (IsSet, IsStandbyCopy) = (copy.IsSet, copy.IsForStandby);
    }

    public Payload Payload { get; }

    public CacheLife Life => _validity.Life;

    /// <summary>Whether a loader made it, which the cluster may run again.</summary>
    public bool IsLoaded { get; }

    /// <summary>Whether it was set, and not made for a reader.</summary>
    public bool IsSet { get; }

    /// <inheritdoc cref="EntryData.Standby"/>
    public bool? Standby { get; }

    /// <summary>Whether another silo owns the entry, and sends this one copies of it. Written under the entry's gate.</summary>
    public bool IsStandbyCopy { get; set; }

    /// <inheritdoc cref="EntryValidity.TagNames"/>
    public string[] Tags => _validity.TagNames();

    public Stamp Stamp => _validity.Stamp;

    public Moment GeneratedAt => _validity.GeneratedAt;

    public ReadOnlySpan<TagRecord> Records => _validity.Records;

    /// <summary>The records of the tags that users put on the entry: those that the dependents index knows.</summary>
    public ReadOnlySpan<TagRecord> TagRecords => _validity.TagRecords;

    public Stamp KeyStamp => new(Volatile.Read(ref _keyStamp));

    /// <summary>Whether the key was not expired after that stamp.</summary>
    public bool KeyAdmits(Stamp keyStamp) => _validity.Key.Admits(keyStamp);

    public long Bytes => Payload.Bytes.Length + Overhead + (Records.Length * 16L);

    /// <summary>The same of a value that is still to be stored.</summary>
    public static long BytesOf(EntryData data) => data.Payload.Bytes.Length + Overhead + ((data.Tags.Length + 1) * 16L);

    /// <summary>A set of this key expires every value but this one: from now on the key's expiries up to then do not count against it.</summary>
    public void KeepAsOf(Stamp keyStamp) => Volatile.Write(ref _keyStamp, keyStamp.Value);

    /// <summary>An update of all of several tags that it bears ends it for good. Under the entry's gate, as every change of it.</summary>
    public void End() => KeepAsOf(Stamp.None);

    /// <summary>
    /// Carries it over an expiry of its key, which gets the key's stamp until then and gives its own. Until that is known it is judged by no stamp: the sweeper must not find it dead
    /// in between. Whatever happens, it ends with a stamp: should there have been no expiry, with the one that it had.
    /// </summary>
    public void CarryOver(Func<Stamp, Stamp> expire)
    {
        var before = KeyStamp;
        var applied = before;
        KeepAsOf(Stamp.Never);
        try
        {
            applied = expire(before);
        }
        finally
        {
            KeepAsOf(ProtocolRules.CarriedOverOnce ? Stamp.Max(applied, before) : Stamp.Never);
        }
    }

    /// <summary>Records a read; restarts the sliding expiration. Returns whether that was told of long ago.</summary>
    public bool Read(Moment now) => _extra?.Read(now) == true;

    public TimeSpan AgeAt(Moment now) => _validity.AgeAt(now);

    /// <summary>Whether it is to be refreshed behind a reader, though it is fresh.</summary>
    public bool IsDueAt(Moment now) => _extra is { EagerAt: var eagerAt } && eagerAt > TimeSpan.Zero && AgeAt(now) >= eagerAt;

    /// <summary>The check that every read makes.</summary>
    public Freshness FreshnessAt(TagLedger ledger, Moment now) =>
        KeyStamp is var keyStamp && keyStamp == Stamp.None && ProtocolRules.EndedIsNotServed ? Freshness.Expired : _validity.At(ledger, keyStamp, now, _extra);

    /// <summary>What remembered updates of a reader's soft tags say of it: fresh, stale or expired (invariant S2).</summary>
    public Freshness SoftFreshnessAt(TagLedger ledger, CacheNamespace ns, ReadOnlySpan<string> softTags, Moment now) =>
        !ProtocolRules.SoftTagsAreChecked ? Freshness.Fresh
        : _extra?.Brought?.Admits(softTags) == false ? Freshness.Expired
        : ledger.SoftVerdict(ns, softTags, Stamp, now);

    /// <summary>What updates and revalidations since its stamp say of it, whatever its age.</summary>
    public Freshness ByTags(TagLedger ledger, Moment now) => _validity.ByTags(ledger, KeyStamp, now);

    /// <summary>
    /// The check for readers on other threads than the entry's: true only if it is fresh, no walk has ended it, and it is neither just being stored nor carried over the expiry of its key, which
    /// only the holder of the entry's gate may look behind.
    /// </summary>
    public bool IsFreshAt(TagLedger ledger, Moment now)
    {
        var keyStamp = KeyStamp;
        return (IsReadable(keyStamp) || !ProtocolRules.CarriedOverIsUnread) && _validity.At(ledger, keyStamp, now, _extra) == Freshness.Fresh;

        // One comparison for both: unsigned, the stamp of what has ended is the largest of all.
        static bool IsReadable(Stamp keyStamp) => (ulong)keyStamp.Value < (ulong)Stamp.Never.Value;
    }

    /// <summary>
    /// The value as it travels to another silo. That one knows nothing of a revalidation that has made it stale here, so its life must: stale from now on, and over at the deadline,
    /// without a time for fail-safe beyond it.
    /// </summary>
    public EntryCopy CopyAt(string scopedKey, Moment now, string[]? remembered = null)
    {
        var (life, age) = (Life, AgeAt(now));
        var (failSafe, sliding, idle) = _extra?.At(now) ?? default;
        if (_validity.Staling() is { IsStale: true, Deadline: var deadline } && ProtocolRules.StaleTravelsAsStale)
        {
            // Just older than it is: then there is an age up to which it was fresh.
            age += TimeSpan.FromTicks(1);
            (life, failSafe) = life.StaleAt(age, deadline - now, failSafe);
        }

        return new(scopedKey, new(Payload, Tags, CopiedTags: null, life, IsLoaded, failSafe, sliding, Standby, _extra?.EagerAt ?? TimeSpan.Zero), age, idle, IsSet, Remembered: remembered);
    }

    /// <summary>The soft tags that were updated since it was made, here or before it came here; null if that is not known (invariant S4).</summary>
    public string[]? RememberedSince(TagLedger ledger, CacheNamespace ns) =>
        !ProtocolRules.CopiesTellWhatIsRemembered ? []
        : _extra?.Brought is not { } brought ? ledger.RememberedSince(ns, Stamp, [])
        : brought.Names is { } names ? ledger.RememberedSince(ns, Stamp, names)
        : null;

    public EntrySnapshot SnapshotAt(Moment now, bool promiseSuspended = false) => new(Payload, Tags, Life, AgeAt(now), promiseSuspended, _extra?.Sliding ?? TimeSpan.Zero, _extra?.EagerAt ?? TimeSpan.Zero);
}
