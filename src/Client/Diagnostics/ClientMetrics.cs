using System.Diagnostics.Metrics;

namespace OrleansTagCache.Diagnostics;

/// <summary>What a process's cache counts. Keys and tags are never dimensions.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ClientMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansTagCache.Client";

    private readonly Counter<long> _reads;
    private readonly Counter<long> _bypasses;
    private readonly Counter<long> _notStored;
    private readonly Counter<long> _refreshes;

    public ClientMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _reads = meter.CreateCounter<long>("tagcache.reads", "{read}", "Reads, by what they got: near, near_stale, hit, stale, fail_safe, generated, miss, bypass or failed.");
        _bypasses = meter.CreateCounter<long>("tagcache.bypasses", "{read}", "Factories run without the cluster, by reason: not_serving, unreachable or busy.");
        _notStored = meter.CreateCounter<long>("tagcache.not_stored", "{value}", "Generated values that were not stored, by reason.");
        _refreshes = meter.CreateCounter<long>("tagcache.refreshes", "{refresh}", "Background refreshes of stale entries, by outcome.");
    }

    public void OnRead(string outcome)
    {
        // A hit from memory pays for every call.
        if (_reads.Enabled)
        {
            _reads.Add(1, new KeyValuePair<string, object?>("tagcache.outcome", outcome));
        }
    }

    public void OnBypass(string reason) => _bypasses.Add(1, new KeyValuePair<string, object?>("tagcache.reason", reason));

    public void OnNotStored(string reason) => _notStored.Add(1, new KeyValuePair<string, object?>("tagcache.reason", reason));

    public void OnRefresh(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>("tagcache.outcome", outcome));
}
