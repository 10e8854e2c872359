using HdrHistogram;

namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>How long calls took. Thread-safe.</summary>
internal sealed class Latencies
{
    private const int Digits = 3;

    private static readonly long Longest = (long)TimeSpan.FromMinutes(1).TotalNanoseconds;

    private readonly LongConcurrentHistogram _nanoseconds = new(1, Longest, Digits);

    /// <param name="ticks">As the difference of two timestamps of <see cref="TimeProvider.System"/>.</param>
    public void Record(long ticks) => _nanoseconds.RecordValue(Math.Clamp((long)(ticks * (1e9 / TimeProvider.System.TimestampFrequency)), 1, Longest));

    public long Count => _nanoseconds.TotalCount;

    /// <summary>How many took longer.</summary>
    public long LongerThan(TimeSpan time) => _nanoseconds.RecordedValues().Where(value => value.ValueIteratedTo > time.TotalNanoseconds).Sum(value => value.CountAddedInThisIterationStep);

    /// <param name="percentile">0 to 100.</param>
    public double Nanoseconds(double percentile) => _nanoseconds.GetValueAtPercentile(percentile);
}
