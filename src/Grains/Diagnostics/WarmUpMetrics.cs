using System.Diagnostics.Metrics;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Diagnostics;

/// <summary>What a silo counts of warm-ups.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class WarmUpMetrics(SiloMetrics silo)
{
    private readonly Counter<long> _runs = silo.Meter.CreateCounter<long>("tagcache.warmup.runs", "{run}", "Warm-ups that ended on this silo.");
    private readonly Counter<long> _keys = silo.Meter.CreateCounter<long>("tagcache.warmup.keys", "{key}", "Keys of those warm-ups, by outcome: stored, skipped, failed or no_room.");

    public void OnEnded(WarmUpMark mark)
    {
        _runs.Add(1);
        Count(mark.Filled, Outcome.Stored);
        Count(mark.Skipped, Outcome.Skipped);
        Count(mark.Failed, Outcome.Failed);
        Count(mark.NoRoom, Outcome.NoRoom);
    }

    private void Count(int keys, Outcome outcome) => _keys.Add(keys, new KeyValuePair<string, object?>(Tracing.OutcomeTag, outcome.Name()));
}
