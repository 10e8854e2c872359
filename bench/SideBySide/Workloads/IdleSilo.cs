using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What a silo costs that has nothing to do, beside one of Orleans alone.</summary>
internal sealed class IdleSilo : IWorkload
{
    private const double Bound = 1.3;
    private const string Bare = "bare Orleans silo";

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public string Name => "w15";

    public async Task<Findings> Run(Extent extent)
    {
        var (rounds, window) = extent > Extent.Short ? (3, TimeSpan.FromSeconds(30)) : (1, TimeSpan.FromSeconds(10));
        string[] names = [Catalogue.Ours, Bare];
        var idle = await Rounds<Idle>.Run(names, rounds, name => name == Bare ? OfBare(window) : OfOurs(window));
        var table = new Table("One silo", "", "processor ms a second", "MB resident");
        foreach (var name in names)
        {
            table.Add(name, idle.Of(name, silo => silo.ProcessorMilliseconds), idle.Of(name, silo => silo.Megabytes));
        }

        return new(
            "W15: idle silo",
            $"One silo with its membership in a Redis of its own, and no client: its processor time over {window.TotalSeconds:F0} s, which begin {Settling.TotalSeconds:F0} s after it was ready, and its memory at their end. The bare one is Orleans with its defaults, without HTTP, reminders and storage.")
        {
            Tables = { table },
            Targets =
            {
                Target.AtMost(Bound, "processor time: ours / bare Orleans silo", idle.Ratio(Catalogue.Ours, Bare, silo => silo.ProcessorMilliseconds)),
                Target.AtMost(Bound, "MB resident: ours / bare Orleans silo", idle.Ratio(Catalogue.Ours, Bare, silo => silo.Megabytes)),
            },
        };
    }

    private static async Task<Idle> OfOurs(TimeSpan window)
    {
        await using var cluster = await RedisCluster.Start(silos: 1);
        var silo = cluster.Silos[0];
        return await Measure(window, () => silo.ProcessorTime, () => silo.ResidentBytes);
    }

    private static async Task<Idle> OfBare(TimeSpan window)
    {
        await using var redis = await RedisCluster.Start(silos: 0);
        await using var silo = await BareSilo.Start(redis.Redis);
        return await Measure(window, () => silo.ProcessorTime, () => silo.ResidentBytes);
    }

    private static async Task<Idle> Measure(TimeSpan window, Func<TimeSpan> processorTime, Func<long> residentBytes)
    {
        await Task.Delay(Settling, TimeProvider.System);
        var (before, begun) = (processorTime(), TimeProvider.System.GetTimestamp());
        await Task.Delay(window, TimeProvider.System);
        var used = processorTime() - before;
        return new(used.TotalMilliseconds / TimeProvider.System.GetElapsedTime(begun).TotalSeconds, residentBytes() / 1e6);
    }

    private sealed record Idle(double ProcessorMilliseconds, double Megabytes);
}
