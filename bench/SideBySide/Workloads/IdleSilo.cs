using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What a silo costs that has nothing to do, beside one of Orleans alone, both at the same time.</summary>
internal sealed class IdleSilo : IWorkload
{
    private const double Bound = 1.3;
    private const string Bare = "bare Orleans silo";

    /// <summary>After both are ready.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>Until the runtime has compiled anew what is called often: what a silo does once a second comes to its thirtieth call, and to its sixtieth, in that time.</summary>
    private static readonly TimeSpan Compiling = TimeSpan.FromMinutes(2);

    public string Name => "w15";

    public async Task<Findings> Run(Extent extent)
    {
        var (rounds, window) = extent > Extent.Short ? (3, TimeSpan.FromSeconds(60)) : (1, TimeSpan.FromSeconds(30));
        var idle = await Rounds<Both>.Run([Name], rounds, _ => Measure(window));
        var table = new Table("One silo", "", "processor ms a second, just started", "compiled", "MB resident");
        table.Add(Catalogue.Ours, idle.Of(Name, both => both.Ours.JustStarted), idle.Of(Name, both => both.Ours.Compiled), idle.Of(Name, both => both.Ours.Megabytes));
        table.Add(Bare, idle.Of(Name, both => both.Bare.JustStarted), idle.Of(Name, both => both.Bare.Compiled), idle.Of(Name, both => both.Bare.Megabytes));

        return new(
            "W15: idle silo",
            $"One silo with its membership in a Redis of its own, and no client, beside a bare one at the same time: the processor time of each over {window.TotalSeconds:F0} s, which begin {Settling.TotalSeconds:F0} s after both were ready, again {Compiling.TotalMinutes:F0} minutes later, when the runtime has compiled what they do again and again, and their memory at the end. The bare one is Orleans with its defaults, without HTTP, reminders and storage.")
        {
            Tables = { table },
            Targets =
            {
                Target.AtMost(Bound, "processor time, compiled: ours / bare Orleans silo", idle.Ratio(Name, both => both.Ours.Compiled, both => both.Bare.Compiled)),
                Target.AtMost(Bound, "MB resident: ours / bare Orleans silo", idle.Ratio(Name, both => both.Ours.Megabytes, both => both.Bare.Megabytes)),
            },
        };
    }

    private static async Task<Both> Measure(TimeSpan window)
    {
        await using var cluster = await RedisCluster.Start(silos: 1);
        await using var redis = await RedisCluster.Start(silos: 0);
        await using var bare = await BareSilo.Start(redis.Redis);
        var ours = cluster.Silos[0];
        await Task.Delay(Settling, TimeProvider.System);
        var started = await Used(window, ours, bare);
        await Task.Delay(Compiling, TimeProvider.System);
        var compiled = await Used(window, ours, bare);
        return new(
            new(started.Ours, compiled.Ours, ours.ResidentBytes / 1e6),
            new(started.Bare, compiled.Bare, bare.ResidentBytes / 1e6));
    }

    /// <summary>Milliseconds of processor time a second.</summary>
    private static async Task<(double Ours, double Bare)> Used(TimeSpan window, Machine.Silo ours, ChildProcess bare)
    {
        var (oursBefore, bareBefore, begun) = (ours.ProcessorTime, bare.ProcessorTime, TimeProvider.System.GetTimestamp());
        await Task.Delay(window, TimeProvider.System);
        var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        return ((ours.ProcessorTime - oursBefore).TotalMilliseconds / seconds, (bare.ProcessorTime - bareBefore).TotalMilliseconds / seconds);
    }

    private sealed record Idle(double JustStarted, double Compiled, double Megabytes);

    private sealed record Both(Idle Ours, Idle Bare);
}
