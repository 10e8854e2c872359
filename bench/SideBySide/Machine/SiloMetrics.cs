using System.Globalization;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>The managed heap of a silo, as its metrics tell it.</summary>
internal sealed class SiloMetrics(Uri silo) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = silo };

    /// <summary>What was alive at the last collection. Only a collection of the oldest generation finds all that is dead.</summary>
    public async Task<SiloHeap> Heap()
    {
        var lines = (await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n');
        var alive = Sum(lines, "dotnet_gc_last_collection_heap_size_bytes") - Sum(lines, "dotnet_gc_last_collection_heap_fragmentation_size_bytes");
        return new(alive, Sum(lines, "dotnet_gc_collections_total", "\"gen2\""));
    }

    public void Dispose() => _http.Dispose();

    private static double Sum(string[] lines, string metric, string label = "") => lines
        .Where(line => line.StartsWith(metric + '{', StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
}

/// <summary>A silo's managed heap.</summary>
/// <param name="Bytes">Alive at the last collection.</param>
/// <param name="FullCollections">Of the oldest generation, so far.</param>
internal sealed record SiloHeap(double Bytes, double FullCollections);
