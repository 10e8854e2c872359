using System.Buffers.Binary;
using System.Globalization;

namespace OrleansTagCache.Bench.HitRatios.Traces;

/// <summary>The public traces that <c>get-traces</c> puts into a folder: resources of Caffeine's simulator and data of libCacheSim.</summary>
internal static class RecordedTraces
{
    /// <summary>Those of the LIRS paper that were made up: loops and scans.</summary>
    private static readonly string[] MadeUp = ["lirs-2_pools", "lirs-backf", "lirs-loop", "lirs-scan", "lirs-zigzag"];

    /// <summary>Every trace of the folder whose format is known, by name.</summary>
    public static IEnumerable<Func<Trace>> Of(string folder)
    {
        foreach (var path in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path).Split('.')[0];
            if (ReaderOf(Path.GetFileName(path)) is { } read)
            {
                yield return () => read(name, path);
            }
        }
    }

    private static Func<string, string, Trace>? ReaderOf(string file) => file switch
    {
        _ when file.StartsWith("adapt_size-", StringComparison.Ordinal) => WithSizes,
        _ when file.StartsWith("address-", StringComparison.Ordinal) => (name, path) => Trace.Of(name, TraceKind.Addresses, Addresses(path)),
        _ when file.StartsWith("cache2k-", StringComparison.Ordinal) => (name, path) => Recorded(name, Binary(path, 4, record => BinaryPrimitives.ReadInt32BigEndian(record))),
        _ when file.StartsWith("cloud_physics-", StringComparison.Ordinal) => (name, path) => Recorded(name, Binary(path, 4, record => BinaryPrimitives.ReadInt32BigEndian(record))),
        _ when file.StartsWith("corda-", StringComparison.Ordinal) => (name, path) => Recorded(name, Binary(path, 8, record => BinaryPrimitives.ReadInt64BigEndian(record))),
        _ when file.StartsWith("scarab-", StringComparison.Ordinal) => (name, path) => Recorded(name, Binary(path, 8, record => BinaryPrimitives.ReadInt64BigEndian(record))),
        _ when file.StartsWith("lirs-", StringComparison.Ordinal) => (name, path) => Trace.Of(name, MadeUp.Contains(name) ? TraceKind.MadeUp : TraceKind.Requests, Numbers(path)),
        "cities.csv" => (name, path) => Trace.Of("cities by population", TraceKind.MadeUp, Cities(path)),
        _ when file.EndsWith(".oracleGeneral.bin", StringComparison.Ordinal) => WithSizesInBinary,
        _ => null,
    };

    private static Trace Recorded(string name, IEnumerable<long> keys) => Trace.Of(name, TraceKind.Requests, keys);

    /// <summary>Lines of a time, a key and a size. What has another size is another value, and so another key.</summary>
    private static Trace WithSizes(string name, string path)
    {
        var reads = File.ReadLines(path).Select(line => line.Split(' ').Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray()).ToList();
        return Trace.Of(name, TraceKind.Requests, reads.Select(fields => (fields[1] << 32) | (uint)Size(fields[2])), key => (int)key);
    }

    /// <summary>Records of a time, a key, a size, and the time of the key's next read.</summary>
    private static Trace WithSizesInBinary(string name, string path)
    {
        var sizes = new Dictionary<long, int>();
        var keys = Binary(path, 24, record =>
        {
            var key = BinaryPrimitives.ReadInt64LittleEndian(record[4..]);
            sizes.TryAdd(key, Size(BinaryPrimitives.ReadUInt32LittleEndian(record[12..])));
            return key;
        });
        return Trace.Of(name, TraceKind.Requests, [.. keys], key => sizes[key]);
    }

    /// <summary>Lines of an operation, an address, and more.</summary>
    private static IEnumerable<long> Addresses(string path) =>
        File.ReadLines(path).Select(line => (long)ulong.Parse(line.Split(' ')[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>Lines of a number; some are empty, or a star.</summary>
    private static IEnumerable<long> Numbers(string path) =>
        File.ReadLines(path).Where(line => line.Length > 0 && line != "*").Select(line => long.Parse(line, CultureInfo.InvariantCulture));

    /// <summary>A million reads of cities, each the likelier the more people live there. Lines of an identity, a name, and more, with the population before the two coordinates.</summary>
    private static IEnumerable<long> Cities(string path)
    {
        var cities = File.ReadLines(path).Skip(1).Select(line => line.Split(',')).Select(fields => (Id: fields[0], People: fields[^3])).ToArray();
        var people = new double[cities.Length];
        var sum = 0.0;
        for (var i = 0; i < cities.Length; i++)
        {
            people[i] = sum += 1 + long.Parse(cities[i].People, CultureInfo.InvariantCulture);
        }

        var random = new Random(9);
        for (var i = 0; i < 1_000_000; i++)
        {
            var found = Array.BinarySearch(people, random.NextDouble() * sum);
            yield return long.Parse(cities[found < 0 ? ~found : found].Id, CultureInfo.InvariantCulture);
        }
    }

    private static IEnumerable<long> Binary(string path, int size, ReadKey keyOf)
    {
        var all = File.ReadAllBytes(path);
        for (var at = 0; at + size <= all.Length; at += size)
        {
            yield return keyOf(all.AsSpan(at, size));
        }
    }

    private static int Size(long bytes) => (int)Math.Clamp(bytes, 1, 1 << 26);

    private delegate long ReadKey(ReadOnlySpan<byte> record);
}
