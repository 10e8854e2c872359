using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A value as its silo keeps it: with the stamp of its token, and the records of its tags.</summary>
internal sealed class StoredValue(Value value, Stamp stamp, TagRecord[] records)
{
    private readonly Stamp _stamp = stamp;

    public Value Value => value;

    public TagRecord[] Records => records;

    /// <summary>A set of this key expires every value but this one: the key's expiries up to here do not count against it.</summary>
    public Stamp KeyStamp { get; set; } = stamp;

    /// <summary>The check that every read makes.</summary>
    /// <param name="ledger">The silo's.</param>
    /// <param name="now">The clock as read for this use.</param>
    /// <param name="isChecked">False in the mutant that asks the ledger only when a value is stored.</param>
    public Freshness FreshnessAt(TagLedger ledger, Moment now, bool isChecked)
    {
        if (isChecked && (!ledger.IsLive(records.AsSpan(..^1), _stamp) || !records[^1].Admits(KeyStamp)))
        {
            return Freshness.Expired;
        }

        return StalenessAt(now);
    }

    /// <summary>What revalidations since the stamp make of it.</summary>
    public Freshness StalenessAt(Moment now)
    {
        var staling = StalingVerdict.None;
        foreach (var record in records)
        {
            staling = StalingVerdict.Combine(staling, record.StalingOf(_stamp));
        }

        return FreshnessRule.Of(CacheLife.Max, TimeSpan.Zero, staling, now);
    }
}
