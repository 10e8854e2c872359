using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>A silo with very many small entries hands them over, and others are read during it.</summary>
internal sealed class LargeMove : IWorkload
{
    private const double Bound = 2;

    /// <summary>So that all of it is seen; the default is 20 s.</summary>
    private const string HandoverTimeout = "00:05:00";

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private static readonly int[] Sequence = Sequences.Uniform(LargeSilo.HotEntries);
    private static readonly byte[] Value = new byte[100];

    public string Name => "w17";

    public async Task<Findings> Run(Extent extent)
    {
        var count = extent > Extent.Short ? 1_000_000 : 100_000;
        await using var cluster = await RedisCluster.Start(silos: 2, $"--TagCache:HandoverTimeout={HandoverTimeout}");
        await using var ours = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
        var hot = new EntrySet<byte[]>("hot", LargeSilo.HotEntries, ours.Entries, () => Value, ownTags: true);
        await hot.Fill();
        await LargeSilo.Fill(ours.Cache, cluster.Silos[0], count);
        await Task.Delay(Settling, TimeProvider.System);
        var quiet = await Hits(hot, Task.Delay(Settling, TimeProvider.System));
        var made = hot.Made;
        using var watch = cluster.Silos[1].WatchPauses();
        var begun = TimeProvider.System.GetTimestamp();
        var stopping = cluster.StopOldest();
        var moving = await Hits(hot, stopping);
        await stopping;
        var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        var pauses = await watch.End();
        var there = await cluster.Silos[0].Entries();
        var table = new Table($"{count:N0} entries on two silos, of which one ends", "", "in s", "p50, us", "p99, us", "longest, ms");
        table.Add("quiet", Samples.One(Settling.TotalSeconds), Samples.One(quiet.Nanoseconds(50) / 1e3), Samples.One(quiet.Nanoseconds(99) / 1e3), Samples.One(quiet.Nanoseconds(100) / 1e6));
        table.Add("from SIGTERM until its process has ended", Samples.One(seconds), Samples.One(moving.Nanoseconds(50) / 1e3), Samples.One(moving.Nanoseconds(99) / 1e3), Samples.One(moving.Nanoseconds(100) / 1e6));
        return new(
            "W17: a large silo hands over",
            $"Two silos with entries of {Value.Length} bytes, with one tag that all bear and one of their own; {LargeSilo.HotEntries:N0} others are read at a steady pace. One silo ends by SIGTERM, with a `HandoverTimeout` of {HandoverTimeout}. "
            + $"Of {count + LargeSilo.HotEntries:N0} entries the other one had {there:N0} afterwards, and {hot.Made - made:N0} of those that were read were made anew. "
            + $"The collector of the one that took them paused {pauses.Count} times, {pauses.Longest:N1} ms at most and {pauses.Total:N0} ms together.")
        {
            Tables = { table },
            Targets =
            {
                Target.AtMost(Bound, "hits of others, p99: during it / quiet", Samples.One(moving.Nanoseconds(99) / quiet.Nanoseconds(99))),
                Target.AtMost(0, "entries lost", Samples.One(count + LargeSilo.HotEntries - there)),
            },
        };
    }

    private static Task<Latencies> Hits(EntrySet<byte[]> hot, Task until) => PacedLoop.Run(until, Sequence, hot.Read);
}
