namespace OrleansTagCache.Bench.HitRatios.Traces;

/// <summary>Reads in their order, by keys that are numbered from 0.</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Kind">Where it is from.</param>
/// <param name="Reads">The key of each read.</param>
/// <param name="Bytes">The size of each key's value.</param>
internal sealed record Trace(string Name, TraceKind Kind, int[] Reads, int[] Bytes)
{
    public int Keys => Bytes.Length;

    public static Trace Of(string name, TraceKind kind, IEnumerable<long> reads, Func<long, int>? sizes = null)
    {
        var numbers = new Dictionary<long, int>();
        var keys = new List<long>();
        var numbered = new List<int>();
        foreach (var key in reads)
        {
            if (!numbers.TryGetValue(key, out var number))
            {
                numbers[key] = number = keys.Count;
                keys.Add(key);
            }

            numbered.Add(number);
        }

        return new(name, kind, [.. numbered], [.. keys.Select(sizes ?? SizeOf)]);
    }

    /// <summary>
    /// A size for a key of a trace that has none: the same in each run, independent of how often the key is read, log-normal with a median of 500 bytes and a mean of about 1,100.
    /// </summary>
    private static int SizeOf(long key)
    {
        var random = new Random(unchecked((int)(key ^ (key >> 32))));
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return (int)Math.Clamp(500 * Math.Exp(1.25 * normal), 16, 1 << 20);
    }
}

/// <summary>Where a trace is from.</summary>
internal enum TraceKind
{
    /// <summary>Recorded: what applications asked their caches, the web, and disks for.</summary>
    Requests,

    /// <summary>Recorded: what processors asked their memory for.</summary>
    Addresses,

    MadeUp,
}
