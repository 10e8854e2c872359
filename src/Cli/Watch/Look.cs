using OrleansTagCache.Cli.Api;

namespace OrleansTagCache.Cli.Watch;

/// <summary>What the silos have told at one time, with the time before it: rates are between the two.</summary>
/// <param name="At">The date.</param>
/// <param name="Timestamp">The same on the monotonic clock.</param>
/// <param name="Cluster">What they told; null if none answered.</param>
/// <param name="Fault">Why none did.</param>
/// <param name="Last">The last time that they told; null at the first.</param>
/// <param name="Time">The clock.</param>
internal sealed record Look(DateTimeOffset At, long Timestamp, Cluster? Cluster, string? Fault, Look? Last, TimeProvider Time)
{
    /// <summary>A row for each silo that told.</summary>
    public IEnumerable<SiloRow> Rows() => (Cluster?.Members ?? []).Select(member =>
    {
        var before = Array.Find(Last?.Cluster?.Members ?? [], one => one.Silo == member.Silo);
        if (before is null || Last is null)
        {
            return SiloRow.Of(member, null, 0);
        }

        return SiloRow.Of(member, before, Time.GetElapsedTime(Last.Timestamp, Timestamp).TotalSeconds);
    });
}

/// <summary>What a silo does. Reads are those of its entries; what a process answers from its near cache does not come to them. Ratios and rates are since the time before; null at the first, and where there was no read.</summary>
internal sealed record SiloRow(string Silo, bool Serving, double LeaseSeconds, long Entries, long Bytes, double? ReadsPerSecond, double? HitRatio, double? StaleRatio, double? EvictionsPerSecond, int OpenUpdates)
{
    public static SiloRow Of(Member member, Member? before, double seconds)
    {
        var (hits, stale, misses) = (member.Hits - (before?.Hits ?? 0), member.StaleHits - (before?.StaleHits ?? 0), member.Misses - (before?.Misses ?? 0));
        var reads = hits + stale + misses;
        var isKnown = before is not null && seconds > 0;
        return new(
            member.Silo,
            member.Serving,
            member.LeaseSeconds,
            member.Entries,
            member.Bytes,
            isKnown ? reads / seconds : null,
            isKnown && reads > 0 ? (double)(hits + stale) / reads : null,
            isKnown && reads > 0 ? (double)stale / reads : null,
            isKnown ? (member.Evictions - before!.Evictions) / seconds : null,
            member.OpenUpdates);
    }
}
