namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>Which entries are read, in which order: drawn before the measurement, from a fixed seed, so that all peers read the same.</summary>
internal static class Sequences
{
    private const int Seed = 20_260_801;
    private const int Length = 1 << 20;

    public static int[] Uniform(int entries)
    {
        var random = new Random(Seed);
        return Draw(() => random.Next(entries));
    }

    /// <summary>The k-th most popular entry is read in proportion to 1 / k^<paramref name="exponent"/>. Popular entries are not neighbours.</summary>
    public static int[] Zipf(int entries, double exponent)
    {
        var random = new Random(Seed);
        int[] byPopularity = [.. Enumerable.Range(0, entries)];
        random.Shuffle(byPopularity);
        var cumulative = new double[entries];
        var sum = 0.0;
        for (var i = 0; i < entries; i++)
        {
            cumulative[i] = sum += 1 / Math.Pow(i + 1, exponent);
        }

        return Draw(() =>
        {
            var found = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            return byPopularity[Math.Min(found < 0 ? ~found : found, entries - 1)];
        });
    }

    private static int[] Draw(Func<int> next)
    {
        var drawn = new int[Length];
        for (var i = 0; i < drawn.Length; i++)
        {
            drawn[i] = next();
        }

        return drawn;
    }
}
