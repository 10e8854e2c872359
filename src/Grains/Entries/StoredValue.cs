using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Entries;

/// <summary>A value as a silo keeps it: with the stamp that was read before it was generated, and the records of its tags.</summary>
/// <remarks>Immutable but for <see cref="KeepAsOf"/> and <see cref="Read"/>. Any thread may ask for its freshness.</remarks>
internal sealed class StoredValue
{
    /// <summary>What an entry costs beside its payload, roughly: activation, directory entry, records, index. Accounted, so that empty values are bounded too.</summary>
    public const int Overhead = 3_072;

    private readonly TagRecord[] _records;
    private readonly Stamp _stamp;
    private readonly Special? _special;
    private long _keyStamp;

    /// <param name="data">The value.</param>
    /// <param name="stamp">The ledger's clock before the generation began.</param>
    /// <param name="generatedAt">When the generation began.</param>
    /// <param name="records">Held records: its tags, the namespace's <c>*</c>, and last its key.</param>
    /// <param name="keyStamp">The clock that its key is judged by, if that is another.</param>
    public StoredValue(EntryData data, Stamp stamp, Moment generatedAt, TagRecord[] records, Stamp? keyStamp = null)
    {
        (Payload, Life, IsLoaded, GeneratedAt) = (Alike.Share(data.Payload), Alike.Share(data.Life), data.IsLoaded, generatedAt);
        _special = data.FailSafe > TimeSpan.Zero || data.Sliding > TimeSpan.Zero ? new(data.FailSafe, data.Sliding, generatedAt) : null;
        (_records, _stamp, _keyStamp) = (records, stamp, (keyStamp ?? stamp).Value);
    }

    public Payload Payload { get; }

    public CacheLife Life { get; }

    /// <summary>Whether a loader made it, which the cluster may run again.</summary>
    public bool IsLoaded { get; }

    /// <summary>The tags without the namespace: an array of the caller's own, of strings that are the records', shared by all entries.</summary>
    public string[] Tags => Array.ConvertAll(_records[..^2], static record => record.Name);

    public Moment GeneratedAt { get; }

    public ReadOnlySpan<TagRecord> Records => _records;

    /// <summary>The records of the tags that users put on the entry: those that the dependents index knows.</summary>
    public ReadOnlySpan<TagRecord> TagRecords => _records.AsSpan(0, _records.Length - 2);

    public Stamp KeyStamp => new(Volatile.Read(ref _keyStamp));

    /// <summary>Whether the key was not expired after that stamp.</summary>
    public bool KeyAdmits(Stamp keyStamp) => _records[^1].Admits(keyStamp);

    public long Bytes => Payload.Bytes.Length + Overhead + (_records.Length * 16L);

    /// <summary>A set of this key expires every value but this one: from now on the key's expiries up to then do not count against it.</summary>
    public void KeepAsOf(Stamp keyStamp) => Volatile.Write(ref _keyStamp, keyStamp.Value);

    /// <summary>
    /// Carries it over an expiry of its key, which gets the key's stamp until then and gives its own. Held meanwhile: between the two the sweeper must not find it dead. Whatever
    /// happens, it is let go of with a stamp: should there have been no expiry, with the one that it had.
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
            KeepAsOf(Stamp.Max(applied, before));
        }
    }

    /// <summary>A reader got it: one that slides lives on from now.</summary>
    public void Read(Moment now)
    {
        if (_special is { } special)
        {
            special.ReadAt = Moment.Later(special.ReadAt, now);
        }
    }

    public TimeSpan AgeAt(Moment now) => now - GeneratedAt is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    /// <summary>The check that every read makes.</summary>
    public Freshness FreshnessAt(TagLedger ledger, Moment now)
    {
        // Stalings before expiries: one whose deadline has passed becomes an expiry, and only then goes.
        var staling = Staling();
        return IsLive(ledger, KeyStamp) && !HasSlidAway(now) ? FreshnessRule.Of(Life, AgeAt(now), staling, now) : Freshness.Expired;
    }

    /// <summary>
    /// Whether it may be served in need: past its life by age alone. What an update or the deadline of a revalidation expired never is.
    /// </summary>
    public bool IsSpareAt(TagLedger ledger, Moment now) =>
        _special is { } special && special.FailSafe > TimeSpan.Zero && AgeAt(now) - Life.Expire <= special.FailSafe && !HasSlidAway(now) && !Staling().IsOverAt(now) && IsLive(ledger, KeyStamp);

    /// <summary>
    /// The check for readers on other threads than the entry's: true only if it is fresh, and no set is just carrying it over the expiry of its key, which
    /// only the entry's own turns may look behind.
    /// </summary>
    public bool IsFreshAt(TagLedger ledger, Moment now)
    {
        var keyStamp = KeyStamp;
        var staling = Staling();
        return keyStamp != Stamp.Never && IsLive(ledger, keyStamp) && !HasSlidAway(now)
            && FreshnessRule.Of(Life, AgeAt(now), staling, now) == Freshness.Fresh;
    }

    /// <summary>Whether nothing will ever serve it again.</summary>
    public bool IsDeadAt(TagLedger ledger, Moment now) => FreshnessAt(ledger, now) == Freshness.Expired && !IsSpareAt(ledger, now);

    /// <summary>Whether nothing that it bears was expired since its stamps.</summary>
    public bool IsLiveIn(TagLedger ledger) => IsLive(ledger, KeyStamp);

    /// <summary>What the revalidations since its stamp say of it.</summary>
    public StalingVerdict Staling()
    {
        var staling = StalingVerdict.None;
        foreach (var record in _records)
        {
            staling = StalingVerdict.Combine(staling, record.StalingOf(_stamp));
        }

        return staling;
    }

    public EntrySnapshot SnapshotAt(Moment now, bool promiseSuspended = false) => new(Payload, Tags, Life, AgeAt(now), promiseSuspended);

    private bool HasSlidAway(Moment now) => _special is { } special && special.Sliding > TimeSpan.Zero && now - special.ReadAt > special.Sliding;

    private bool IsLive(TagLedger ledger, Stamp keyStamp) =>
        ledger.IsLive(_records.AsSpan(0, _records.Length - 1), _stamp) && _records[^1].Admits(keyStamp);

    /// <summary>What few values have: they may be served in need, or expire when nobody has read them for a while.</summary>
    private sealed class Special(TimeSpan failSafe, TimeSpan sliding, Moment readAt)
    {
        private long _readAt = readAt.Ticks;

        public TimeSpan FailSafe => failSafe;

        public TimeSpan Sliding => sliding;

        /// <summary>Racing readers may lose to an earlier one: by less than a read takes.</summary>
        public Moment ReadAt
        {
            get => new(Volatile.Read(ref _readAt));
            set => Volatile.Write(ref _readAt, value.Ticks);
        }
    }
}
