using OrleansTagCache.Bench.HitRatios.Caches;
using OrleansTagCache.Bench.HitRatios.Traces;
using OrleansTagCache.Entries;
using OrleansTagCache.Near;

namespace OrleansTagCache.Bench.HitRatios;

/// <summary>How many of the reads were hits, in percent.</summary>
/// <param name="OfReads">Of their number.</param>
/// <param name="OfBytes">Of their bytes.</param>
internal readonly record struct Ratio(double OfReads, double OfBytes);

/// <summary>One trace read by caches of one size.</summary>
/// <param name="Trace">The trace's name.</param>
/// <param name="Kind">What sort of trace it is.</param>
/// <param name="Bound">What bounds the caches.</param>
/// <param name="Part">Which part of all keys, or of their bytes, the caches hold.</param>
/// <param name="Lru">The hit ratio of LRU.</param>
/// <param name="Ours">That of the product's own class.</param>
/// <param name="Lfu">That of BitFaster's LFU, which counts entries alone.</param>
/// <param name="Optimum">The best that there is, by number.</param>
internal sealed record Row(string Trace, TraceKind Kind, string Bound, double Part, Ratio Lru, Ratio Ours, Ratio? Lfu, Ratio? Optimum);

/// <summary>Reads a trace by one cache after another.</summary>
internal static class Replay
{
    /// <summary>With fewer entries than this a cache is no cache.</summary>
    private const int FewestEntries = 64;

    private static readonly double[] Parts = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2];

    public static IEnumerable<Row> RowsOf(Trace trace)
    {
        foreach (var part in Parts.Where(part => trace.Keys * part >= FewestEntries))
        {
            var number = new Bound((int)(trace.Keys * part), long.MaxValue, Overhead: 0);
            yield return new(trace.Name, trace.Kind, "number", part, Run(trace, new Lru(trace, number)), Run(trace, new Ours(trace, number)), Run(trace, new BitFasterLfu(number)), Run(trace, new Optimum(trace, number)));
            yield return ByBytes("silo, bytes", StoredValue.Overhead);
            yield return ByBytes("near, bytes", NearEntry.Overhead);

            Row ByBytes(string name, int overhead)
            {
                var bound = new Bound(int.MaxValue, (long)(trace.Bytes.Sum(bytes => (long)bytes + overhead) * part), overhead);
                return new(trace.Name, trace.Kind, name, part, Run(trace, new Lru(trace, bound)), Run(trace, new Ours(trace, bound)), Lfu: null, Optimum: null);
            }
        }
    }

    private static Ratio Run(Trace trace, ICache cache)
    {
        var (hits, hitBytes, allBytes) = (0L, 0L, 0L);
        foreach (var key in trace.Reads)
        {
            var isHit = cache.Read(key);
            hits += isHit ? 1 : 0;
            hitBytes += isHit ? trace.Bytes[key] : 0;
            allBytes += trace.Bytes[key];
        }

        return new(100.0 * hits / trace.Reads.Length, 100.0 * hitBytes / allBytes);
    }
}
