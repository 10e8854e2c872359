using System.Collections.Concurrent;
using HdrHistogram;

namespace OrleansTagCache.Cli.Load;

/// <summary>Counts calls and their latencies.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Tally(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Latencies> _kinds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _failed = new(StringComparer.Ordinal);

    /// <summary>How late calls were sent: this program's part of their latencies.</summary>
    public Latencies Sending { get; } = new();

    public IReadOnlyDictionary<string, long> Failed => _failed;

    public IEnumerable<KeyValuePair<string, Latencies>> Kinds => _kinds.OrderBy(kind => kind.Key, StringComparer.Ordinal);

    /// <summary>A call has ended well.</summary>
    /// <param name="kind">What it was.</param>
    /// <param name="since">The timestamp at which it was due.</param>
    public void Ended(string kind, long since) => _kinds.GetOrAdd(kind, _ => new()).Record(time.GetElapsedTime(since));

    public void HasFailed(string code) => _failed.AddOrUpdate(code, 1, (_, count) => count + 1);
}

/// <summary>A histogram of latencies, exact to three digits, from 1 us to 10 minutes.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Latencies
{
    private const long MostMicroseconds = 600_000_000;

    private readonly LongConcurrentHistogram _microseconds = new(1, MostMicroseconds, 3);

    public long Count => _microseconds.TotalCount;

    public void Record(TimeSpan latency) => _microseconds.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, MostMicroseconds));

    public TimeSpan At(double percentile) => TimeSpan.FromMicroseconds(_microseconds.GetValueAtPercentile(percentile));

    public TimeSpan Most() => At(100);
}
