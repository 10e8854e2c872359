using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Diagnostics;

/// <summary>What a silo counts. Keys are never dimensions; tags are those of <see cref="TagMetrics"/> alone.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SiloMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansTagCache.Silo";

    /// <summary>What was measured: an update, a revalidation or a hold.</summary>
    public const string OperationTag = "tagcache.operation";

    /// <summary>In seconds, from a local call to a wait for a dead silo's lease.</summary>
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private static readonly InstrumentAdvice<double> UpdateDurations = new() { HistogramBucketBoundaries = Bounds };

    private readonly Counter<long> _reads;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _moves;
    private readonly Histogram<double> _updates;
    private readonly long[] _updateCounts = new long[Bounds.Length + 1];
    private long _updateTicks;
    private long _hits;
    private long _staleHits;
    private long _misses;

    public SiloMetrics(IMeterFactory meters, TagCacheOptions? options = null)
    {
        var meter = meters.Create(MeterName);
        _reads = meter.CreateCounter<long>("tagcache.entry.reads", "{read}", "Reads of entries, by what they got.");
        _commits = meter.CreateCounter<long>("tagcache.entry.commits", "{commit}", "Values offered for storing, by what became of them.");
        _moves = meter.CreateCounter<long>("tagcache.moves", "{entry}", "Entries sent to the silos that they belong to, by what became of them there.");
        _updates = meter.CreateHistogram<double>(
            "tagcache.update.duration", "s", "How long updates, revalidations and holds took until every process had acknowledged, by operation.", tags: null, UpdateDurations);
        (Meter, Tags) = (meter, TagMetrics.Of(meter, options));
    }

    public Meter Meter { get; }

    /// <summary>What is counted of single tags; null if nothing is.</summary>
    public TagMetrics? Tags { get; }

    public long Hits => Interlocked.Read(ref _hits);

    public long StaleHits => Interlocked.Read(ref _staleHits);

    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>How long the updates took that this silo coordinated.</summary>
    public UpdateTimes UpdateTimes => new(new(Interlocked.Read(ref _updateTicks)), Bounds, [.. _updateCounts.Select((_, i) => Interlocked.Read(ref _updateCounts[i]))]);

    /// <summary>Counts a read.</summary>
    /// <returns>How many there have been that got the same.</returns>
    public long OnRead(AcquireStatus status)
    {
        ref var reads = ref _misses;
        switch (status)
        {
            case AcquireStatus.Fresh:
                reads = ref _hits;
                break;
            case AcquireStatus.Stale:
                reads = ref _staleHits;
                break;
            default:
                break;
        }

        var count = Interlocked.Increment(ref reads);

        if (_reads.Enabled)
        {
            _reads.Add(1, new KeyValuePair<string, object?>(Tracing.OutcomeTag, status.ToOutcome().Name()));
        }

        return count;
    }

    public void OnCommit(CommitOutcome outcome)
    {
        if (_commits.Enabled)
        {
            _commits.Add(1, new KeyValuePair<string, object?>(Tracing.OutcomeTag, outcome.ToOutcome().Name()));
        }
    }

    public void OnMove(CopyStatus status)
    {
        if (_moves.Enabled)
        {
            _moves.Add(1, new KeyValuePair<string, object?>(Tracing.OutcomeTag, NameOf(status)));
        }
    }

    /// <summary>Every process has acknowledged.</summary>
    /// <param name="operation">What: <c>update</c>, <c>revalidate</c> or <c>hold</c>.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="activity">Its activity, which has not ended yet. The exemplar of the measurement is this one, and none if it is null, whatever call brought the last acknowledgement.</param>
    public void OnUpdate(string operation, TimeSpan elapsed, Activity? activity)
    {
        var bucket = Array.BinarySearch(Bounds, elapsed.TotalSeconds);
        Interlocked.Increment(ref _updateCounts[bucket < 0 ? ~bucket : bucket]);
        Interlocked.Add(ref _updateTicks, elapsed.Ticks);
        if (!_updates.Enabled)
        {
            return;
        }

        var current = Activity.Current;
        Activity.Current = activity;
        _updates.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>(OperationTag, operation));
        Activity.Current = current;
    }

    private static string NameOf(CopyStatus status) => status switch
    {
        CopyStatus.Kept => "kept",
        CopyStatus.NotServing => "not_serving",
        CopyStatus.UnknownTicket => "unknown_ticket",
        CopyStatus.Superseded => "superseded",
        CopyStatus.HasOwn => "has_own",
        CopyStatus.InFlight => "in_flight",
        CopyStatus.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "There is no such status."),
    };
}
