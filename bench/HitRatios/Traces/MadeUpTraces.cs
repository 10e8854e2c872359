namespace OrleansTagCache.Bench.HitRatios.Traces;

/// <summary>Traces that are made up, from fixed seeds.</summary>
internal static class MadeUpTraces
{
    private const int Reads = 1_000_000;
    private const int Keys = 100_000;

    /// <summary>Where a value may be that is read once and not again.</summary>
    private const long Elsewhere = 1L << 32;

    public static IEnumerable<Func<Trace>> All { get; } =
    [
        () => Of("zipf-0.7", Zipf(0.7, 1)),
        () => Of("zipf-0.9", Zipf(0.9, 2)),
        () => Of("zipf-1.1", Zipf(1.1, 3)),
        () => Of("zipf-0.9, a third read once", ReadOnce()),
        () => Of("zipf-0.9, a scan each 100,000", Scanned()),
        () => Of("zipf-0.9, another set each 200,000", Shifting(Reads / 5)),
        () => Of("zipf-0.9, another set each 50,000", Shifting(Reads / 20)),
        () => Of("latest first", Latest()),
        () => Of("read twice soon", Twice()),
    ];

    private static Trace Of(string name, IEnumerable<long> reads) => Trace.Of(name, TraceKind.MadeUp, reads);

    private static IEnumerable<long> Zipf(double skew, int seed)
    {
        var zipf = new Zipf(Keys, skew, new(seed));
        for (var i = 0; i < Reads; i++)
        {
            yield return zipf.Next();
        }
    }

    private static IEnumerable<long> ReadOnce()
    {
        var zipf = new Zipf(Keys, 0.9, new(4));
        for (var i = 0; i < Reads; i++)
        {
            yield return i % 3 == 0 ? Elsewhere + i : zipf.Next();
        }
    }

    private static IEnumerable<long> Scanned()
    {
        var zipf = new Zipf(Keys, 0.9, new(5));
        for (var i = 0; i < Reads; i++)
        {
            yield return i % 100_000 < 20_000 ? Elsewhere + i : zipf.Next();
        }
    }

    /// <summary>What is popular is popular for a while, and then something else is.</summary>
    private static IEnumerable<long> Shifting(int period)
    {
        var zipf = new Zipf(Keys, 0.9, new(6));
        for (var i = 0; i < Reads; i++)
        {
            yield return zipf.Next() + ((i / period) * (long)Keys);
        }
    }

    /// <summary>News: a new key each ten reads, and the newer the likelier.</summary>
    private static IEnumerable<long> Latest()
    {
        var zipf = new Zipf(Keys, 0.8, new(7));
        for (var i = 0; i < Reads; i++)
        {
            yield return (i / 10) - zipf.Next() + Keys;
        }
    }

    /// <summary>Pages: half of the reads are of a key that is read once more within 2,000 reads and never again.</summary>
    private static IEnumerable<long> Twice()
    {
        var random = new Random(8);
        var zipf = new Zipf(Keys, 0.9, random);
        var again = new PriorityQueue<long, int>();
        for (var i = 0; i < Reads; i++)
        {
            if (again.TryPeek(out var key, out var at) && at <= i)
            {
                again.Dequeue();
                yield return key;
            }
            else if (random.Next(3) == 0)
            {
                again.Enqueue(Elsewhere + i, i + random.Next(1, 2_000));
                yield return Elsewhere + i;
            }
            else
            {
                yield return zipf.Next();
            }
        }
    }
}
