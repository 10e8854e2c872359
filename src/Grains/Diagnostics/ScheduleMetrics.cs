using System.Diagnostics.Metrics;

namespace OrleansTagCache.Diagnostics;

/// <summary>What a silo counts of schedules.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ScheduleMetrics(SiloMetrics silo)
{
    private readonly Counter<long> _runs = silo.Meter.CreateCounter<long>("tagcache.schedule.runs", "{run}", "Runs of schedules on this silo, by outcome: refreshed, failed or skipped.");

    public void OnRun(Outcome outcome) => _runs.Add(1, new KeyValuePair<string, object?>(Tracing.OutcomeTag, outcome.Name()));
}
