using System.Diagnostics.Metrics;

namespace OrleansTagCache.Diagnostics;

/// <summary>What a silo counts of refreshes by loaders. Keys, tags and loaders are never dimensions.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RefreshMetrics
{
    private readonly Counter<long> _passes;
    private readonly Counter<long> _keys;
    private readonly Counter<long> _loads;
    private long _running;

    public RefreshMetrics(SiloMetrics silo)
    {
        _passes = silo.Meter.CreateCounter<long>("tagcache.refresh.passes", "{pass}", "Passes of refresh jobs that ended on this silo.");
        _keys = silo.Meter.CreateCounter<long>("tagcache.refresh.keys", "{key}", "Keys of those passes, by outcome: refreshed, skipped, failed or left.");
        _loads = silo.Meter.CreateCounter<long>("tagcache.loads", "{load}", "Loaders run for this silo's refreshes, by outcome.");
        silo.Meter.CreateObservableUpDownCounter("tagcache.load.running", () => Interlocked.Read(ref _running), "{load}", "Loaders that run now for this silo's refreshes.");
    }

    public void OnPass(int refreshed, int skipped, int failed, int left)
    {
        _passes.Add(1);
        _keys.Add(refreshed, Tag(Outcome.Refreshed));
        _keys.Add(skipped, Tag(Outcome.Skipped));
        _keys.Add(failed, Tag(Outcome.Failed));
        _keys.Add(left, Tag(Outcome.Left));
    }

    public void OnLoadBegun() => Interlocked.Increment(ref _running);

    public void OnLoadEnded(Outcome outcome)
    {
        Interlocked.Decrement(ref _running);
        _loads.Add(1, Tag(outcome));
    }

    private static KeyValuePair<string, object?> Tag(Outcome outcome) => new(Tracing.OutcomeTag, outcome.Name());
}
