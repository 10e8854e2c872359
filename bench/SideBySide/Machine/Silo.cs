using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text.Json;
using Microsoft.Diagnostics.NETCore.Client;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>A silo program, as docs/how-to/operate.md starts it.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const long GCHeapCollect = 0x80_0000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly ChildProcess _process;
    private readonly HttpClient _http;

    private Silo(ChildProcess process, string address) => (_process, _http) = (process, new() { BaseAddress = new(address) });

    public Uri Address => _http.BaseAddress!;

    public TimeSpan ProcessorTime => _process.ProcessorTime;

    public long ResidentBytes => _process.ResidentBytes;

    /// <param name="redis">Where Redis is.</param>
    /// <param name="settings">Beside the ports, as the command line takes them.</param>
    public static async Task<Silo> Start(string redis, params string[] settings)
    {
        var ports = FreePorts.Take(3);
        var address = $"http://127.0.0.1:{ports[0]}";
        string[] arguments =
        [
            Repository.SiloProgram,
            "--urls", address,
            $"--TagCache:SiloPort={ports[1]}",
            $"--TagCache:GatewayPort={ports[2]}",
            "--TagCache:Clustering:Provider=Redis",
            $"--TagCache:Clustering:ConnectionString={redis}",
            .. settings,
        ];
        return new(await ChildProcess.Start("dotnet", arguments, "OrleansTagCache is ready."), address);
    }

    public GCPauses WatchPauses() => GCPauses.Of(_process.Id);

    /// <summary>How many entries the cluster has, those included that are dead and have not been swept yet.</summary>
    public async Task<long> Entries()
    {
        using var cluster = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/v1/cluster", UriKind.Relative)));
        return cluster.RootElement.GetProperty("totals").GetProperty("entries").GetInt64();
    }

    /// <summary>What is alive in its managed heap: orders a full collection, and reads in its metrics what that has found.</summary>
    public async Task<double> LiveBytes()
    {
        var before = (await Heap()).FullCollections;
        using var collection = new DiagnosticsClient(_process.Id).StartEventPipeSession(
            [new EventPipeProvider(Runtime, EventLevel.Informational, GCHeapCollect)], requestRundown: false);
        while (true)
        {
            var (live, collections) = await Heap();
            if (collections > before)
            {
                return live;
            }

            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>Has it end as a deploy does, and waits until it has.</summary>
    public Task Stop() => _process.Stop();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _process.DisposeAsync();
    }

    private async Task<(double Live, double FullCollections)> Heap()
    {
        var lines = (await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n');
        return (
            Sum("dotnet_gc_last_collection_heap_size_bytes") - Sum("dotnet_gc_last_collection_heap_fragmentation_size_bytes"),
            Sum("dotnet_gc_collections_total", "\"gen2\""));

        double Sum(string metric, string label = "") => lines
            .Where(line => line.StartsWith(metric + '{', StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }
}
