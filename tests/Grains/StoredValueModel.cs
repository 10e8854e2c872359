using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Near;

namespace OrleansTagCache.Tests.Grains;

/// <summary>
/// Some entries of one silo, as the silo keeps them and as a process keeps them near, beside a reference model: lists of what happened, and
/// nothing clever.
/// </summary>
internal sealed class StoredValueModel
{
    private readonly TagLedger _ledger = new(1_000);
    private readonly Dictionary<string, Kept> _kept = [];
    private TimeSpan _now = TimeSpan.FromHours(1);

    private enum Happening
    {
        Update,
        Revalidation,
    }

    private Moment Now => new(_now.Ticks);

    public void Advance(TimeSpan by) => _now += by;

    public void Set(string key, string[] tags, CacheLife life, TimeSpan failSafe = default)
    {
        var data = new EntryData(Payload.Null, tags, CopiedTags: null, life, FailSafe: failSafe);
        var (slot, near) = (new KeptKey(_ledger, key), new NearSlot(key));
        TagRecord[] Hold(KeySlot at) => _ledger.Attach(TagId.OfEntry(slot.Scoped, tags), slot.Key, at, _ledger.Stamp()).Records;
        var stamp = _ledger.Stamp();
        _kept[key] = new(
            new StoredValue(data, stamp, Now, Hold(slot), slot),
            new NearEntry(data.Payload, life, Now, stamp, Hold(near), near, new Forever()),
            tags,
            _now,
            life,
            failSafe,
            []);
    }

    public void Update(string tag)
    {
        _ledger.Expire([TagId.OfTag(CacheNamespace.Default, tag)]);
        Note(tag, Happening.Update, TimeSpan.Zero);
    }

    public void Revalidate(string tag, TimeSpan expire)
    {
        if (expire == TimeSpan.Zero)
        {
            Update(tag);
            return;
        }

        _ledger.Stale([TagId.OfTag(CacheNamespace.Default, tag)], Now + expire, Now);
        Note(tag, Happening.Revalidation, expire);
    }

    /// <summary>What the silo would do with the entry; null for an entry that was never set.</summary>
    public Freshness? Read(string key) => _kept.TryGetValue(key, out var kept) ? kept.Stored.FreshnessAt(_ledger, Now) : null;

    /// <summary>Says what is wrong, if what is kept does not agree with the model.</summary>
    public string? Disagreement()
    {
        foreach (var (key, kept) in _kept)
        {
            var expected = Expected(kept);
            var stored = kept.Stored.FreshnessAt(_ledger, Now);
            var near = kept.Near.StateAt(_ledger, Now) switch
            {
                NearState.Fresh => Freshness.Fresh,
                NearState.Stale => Freshness.Stale,
                NearState.Expired => Freshness.Expired,
                var other => throw new InvalidOperationException(other.ToString()),
            };
            var expectedNear = expected == Freshness.FailSafe ? Freshness.Expired : expected;
            var mayBeSooner = kept.Since.Count(event_ => event_.What == Happening.Revalidation) > StalingSchedule.MaximumSteps;
            if ((stored != expected || near != expectedNear) && !(mayBeSooner && stored == Freshness.Expired && near == Freshness.Expired))
            {
                return $"{key} is {expected}, but {stored} in the silo and {near} near.";
            }

        }

        return null;
    }

    private static bool IsGone(Kept kept, TimeSpan now) => kept.Since.Exists(event_ =>
        event_.What == Happening.Update || (event_.Expire != CacheLife.Forever && now >= event_.At + event_.Expire));

    private Freshness Expected(Kept kept)
    {
        var age = _now - kept.SetAt;
        return IsGone(kept, _now) ? Freshness.Expired
            : age > kept.Life.Expire ? (IsKeptForFailSafe(kept) ? Freshness.FailSafe : Freshness.Expired)
            : age > kept.Life.Revalidate || kept.Since.Count > 0 ? Freshness.Stale
            : Freshness.Fresh;
    }

    private bool IsKeptForFailSafe(Kept kept) =>
        kept.FailSafe > TimeSpan.Zero && (kept.Life.Expire == CacheLife.Forever || _now - kept.SetAt <= kept.Life.Expire + kept.FailSafe);

    private void Note(string tag, Happening what, TimeSpan expire)
    {
        foreach (var kept in _kept.Values.Where(kept => tag == TagName.Everything.Value || kept.Tags.Contains(tag)))
        {
            kept.Since.Add((what, _now, expire));
        }
    }

    private sealed record Kept(
        StoredValue Stored,
        NearEntry Near,
        string[] Tags,
        TimeSpan SetAt,
        CacheLife Life,
        TimeSpan FailSafe,
        List<(Happening What, TimeSpan At, TimeSpan Expire)> Since);

    private sealed class Forever : INearLease
    {
        public bool IsOver => false;

        public bool IsValid(Moment now) => true;

        public void Kept()
        {
        }

        public void Dropped()
        {
        }
    }
}
