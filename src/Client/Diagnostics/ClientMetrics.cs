using System.Diagnostics.Metrics;

namespace OrleansTagCache.Diagnostics;

/// <summary>What a process's cache counts. Keys and tags are never dimensions.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ClientMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansTagCache.Client";

    /// <summary>The counter of reads.</summary>
    public const string Reads = "tagcache.reads";

    private readonly Counter<long> _reads;
    private readonly Counter<long> _bypasses;
    private readonly Counter<long> _notStored;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _holds;
    private readonly Counter<long> _eventsDropped;

    public ClientMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _reads = meter.CreateCounter<long>(Reads, "{read}", "Reads, by what they got: near, near_stale, hit, stale, fail_safe, generated, miss, bypass or failed.");
        _bypasses = meter.CreateCounter<long>("tagcache.bypasses", "{read}", "Factories run without the cluster, by reason: not_serving, unreachable, busy or unwanted.");
        _notStored = meter.CreateCounter<long>("tagcache.not_stored", "{value}", "Generated values that were not stored, by reason.");
        _refreshes = meter.CreateCounter<long>("tagcache.refreshes", "{refresh}", "Background refreshes of stale entries, by outcome.");
        _holds = meter.CreateCounter<long>("tagcache.holds", "{hold}", "Holds by what became of them: taken or refused, and of those taken released, lapsed or abandoned.");
        _eventsDropped = meter.CreateCounter<long>("tagcache.events.dropped", "{event}", "Events that a listener of the application did not get, since its queue was full.");
    }

    public void OnRead(Outcome outcome)
    {
        // A hit from memory pays for every call.
        if (_reads.Enabled)
        {
            _reads.Add(1, Tag(Tracing.OutcomeTag, outcome));
        }
    }

    public void OnBypass(Outcome reason) => _bypasses.Add(1, Tag("tagcache.reason", reason));

    public void OnNotStored(Outcome reason) => _notStored.Add(1, Tag("tagcache.reason", reason));

    public void OnRefresh(Outcome outcome) => _refreshes.Add(1, Tag(Tracing.OutcomeTag, outcome));

    public void OnHold(Outcome outcome) => _holds.Add(1, Tag(Tracing.OutcomeTag, outcome));

    public void OnEventDropped() => _eventsDropped.Add(1);

    private static KeyValuePair<string, object?> Tag(string name, Outcome outcome) => new(name, outcome.Name());
}
