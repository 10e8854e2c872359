using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>
/// Decides whether a value may be served: the one rule behind a silo's store, a near cache, a commit and the simulation.
///
/// <para><b>Rule.</b> A value is live while nothing that it bears was expired after its stamp, which was read before the value was asked for or generated. Two verdicts are
/// made, by tags and by age, and the worse of the two holds.</para>
///
/// <para><b>By tags.</b> An update since the stamp expires the value. A revalidation since the stamp makes it stale until the earliest deadline, and expires it then
/// (invariant S1). The key is a tag of its own: a plain set expires every value of its key but the one that it stores, which is judged by a later stamp of the key.</para>
///
/// <para><b>By age.</b> Fresh up to <see cref="CacheLife.Revalidate"/>, stale up to <see cref="CacheLife.Expire"/>, and beyond that kept for fail-safe for as long as the options say.
/// A value with a sliding expiration also expires when it has not been read for that long. What an update expired is never served again, not even under fail-safe.</para>
/// </summary>
/// <param name="stamp">The ledger's clock before the value was asked for or generated.</param>
/// <param name="generatedAt">When the generation began.</param>
/// <param name="life">How long it lives.</param>
/// <param name="records">Held records: its tags, and last the namespace's <c>*</c>.</param>
/// <param name="key">Where it is kept, with the record of its key.</param>
/// <remarks>Immutable; any thread may ask. The few values that have an <see cref="ExtraLife"/> give it with each question, so that the others have no place for it.</remarks>
internal readonly struct EntryValidity(Stamp stamp, Moment generatedAt, CacheLife life, TagRecord[] records, KeySlot key)
{
    public Stamp Stamp => stamp;

    public Moment GeneratedAt => generatedAt;

    public CacheLife Life => life;

    public ReadOnlySpan<TagRecord> Records => records;

    /// <summary>The records of the tags that users put on the entry.</summary>
    public ReadOnlySpan<TagRecord> TagRecords => records.AsSpan(..^1);

    /// <summary>The tags as the entry carries them, those of other namespaces marked: an array of the caller's own, of strings that all entries share.</summary>
    public string[] TagNames()
    {
        var home = records[^1].Tag.Namespace;
        var tags = new string[records.Length - 1];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = records[i].Tag.CarriedIn(home);
        }

        return tags;
    }

    /// <summary>Where it is kept.</summary>
    public KeySlot Key => key;

    public TimeSpan AgeAt(Moment now) => now - generatedAt is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    /// <summary>The verdict of a read.</summary>
    /// <param name="ledger">The ledger that the stamp is of.</param>
    /// <param name="keyStamp">The stamp that the key is judged by; never older than the value's own.</param>
    /// <param name="now">The clock, read for this very use.</param>
    /// <param name="extra">Its fail-safe and sliding expiration; null if it has neither.</param>
    public Freshness At(TagLedger ledger, Stamp keyStamp, Moment now, ExtraLife? extra = null)
    {
        var byTags = ProtocolRules.ReadsAreChecked ? ByTags(ledger, keyStamp, now) : Freshness.Fresh;
        var byAge = ByAge(now, extra);
        return byTags > byAge ? byTags : byAge;
    }

    /// <summary>The verdict of what was updated and revalidated since the stamp: fresh, stale or expired.</summary>
    /// <inheritdoc cref="At"/>
    public Freshness ByTags(TagLedger ledger, Stamp keyStamp, Moment now)
    {
        var isStale = false;
        foreach (var record in records)
        {
            if (record.IsChangedSince(stamp))
            {
                // Stalings before expiries: one whose deadline has passed becomes an expiry, and only then goes.
                var staling = record.StalingOf(stamp);
                if ((staling.IsOverAt(now) && ProtocolRules.DeadlinesAreChecked) || !record.Admits(stamp))
                {
                    return Freshness.Expired;
                }

                isStale |= staling.IsStale;
            }
        }

        return !key.Admits(keyStamp) || !ledger.IsSinceEpoch(stamp) ? Freshness.Expired : isStale ? Freshness.Stale : Freshness.Fresh;
    }

    /// <summary>What the revalidations since the stamp say: the earliest deadline among those of all its tags.</summary>
    public StalingVerdict Staling()
    {
        var earliest = StalingVerdict.None;
        foreach (var record in records)
        {
            if (record.IsChangedSince(stamp) && record.StalingOf(stamp) is { IsStale: true } staling && (!earliest.IsStale || staling.Deadline < earliest.Deadline))
            {
                earliest = staling;
            }
        }

        return earliest;
    }

    /// <summary>The verdict of age and reads.</summary>
    /// <inheritdoc cref="At"/>
    public Freshness ByAge(Moment now, ExtraLife? extra = null)
    {
        var age = AgeAt(now);
        if (extra?.HasSlidAway(now) == true)
        {
            return Freshness.Expired;
        }

        return age <= life.Revalidate ? Freshness.Fresh
            : age <= life.Expire ? Freshness.Stale
            : extra is { FailSafe: var failSafe } && failSafe > TimeSpan.Zero && age - life.Expire <= failSafe ? Freshness.FailSafe
            : Freshness.Expired;
    }
}

/// <summary>What few values have: they may be served past their life when no newer value can be made, expire when they have not been read for a while, are refreshed before they are stale, or have come from another silo after soft tags of readers were updated.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ExtraLife(TimeSpan failSafe, TimeSpan sliding, Moment readAt, TimeSpan eagerAt = default, BroughtTags? brought = null)
{
    /// <summary>A copy elsewhere, at a standby or near its readers, may be behind by this part of the sliding expiration.</summary>
    public const int ToldParts = 4;

    private long _readAt = readAt.Ticks;
    private long _toldAt = readAt.Ticks;

    /// <summary>How long beyond its life the value may be served under fail-safe; zero for not at all.</summary>
    public TimeSpan FailSafe => failSafe;

    /// <summary>How long without a read it lives; zero for as long as its life is.</summary>
    public TimeSpan Sliding => sliding;

    /// <summary>The age from which it is refreshed behind a reader; zero for never.</summary>
    public TimeSpan EagerAt => eagerAt;

    /// <summary>The soft tags that were updated before the value came here; null if there are none.</summary>
    public BroughtTags? Brought => brought;

    /// <summary>The extra life of a value, or null if it has none.</summary>
    public static ExtraLife? Of(TimeSpan failSafe, TimeSpan sliding, Moment readAt, TimeSpan eagerAt = default, BroughtTags? brought = null) =>
        failSafe > TimeSpan.Zero || sliding > TimeSpan.Zero || eagerAt > TimeSpan.Zero || brought is not null ? new(failSafe, sliding, readAt, eagerAt, brought) : null;

    /// <summary>What travels with the value: the two durations, and how long it has not been read.</summary>
    public (TimeSpan FailSafe, TimeSpan Sliding, TimeSpan Idle) At(Moment now) =>
        (failSafe, sliding, sliding > TimeSpan.Zero && now - new Moment(Volatile.Read(ref _readAt)) is var idle && idle > TimeSpan.Zero ? idle : TimeSpan.Zero);

    /// <summary>Records a read; restarts the sliding expiration. Racing readers may lose to an earlier one, by less than a read takes.</summary>
    /// <returns>Whether those who hold a copy are to be told, which has not been done for a quarter of the sliding expiration.</returns>
    public bool Read(Moment now)
    {
        Volatile.Write(ref _readAt, Moment.Later(new(Volatile.Read(ref _readAt)), now).Ticks);
        if (sliding == TimeSpan.Zero || now - new Moment(Volatile.Read(ref _toldAt)) <= sliding / ToldParts)
        {
            return false;
        }

        Volatile.Write(ref _toldAt, now.Ticks);
        return true;
    }

    public bool HasSlidAway(Moment now) => sliding > TimeSpan.Zero && now - new Moment(Volatile.Read(ref _readAt)) > sliding;
}
