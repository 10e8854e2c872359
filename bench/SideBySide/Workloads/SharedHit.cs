using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Reads of what another process has made: nothing is kept near, so each goes to the silos, or to Redis.</summary>
internal sealed class SharedHit : IWorkload
{
    private const int Entries = 10_000;

    private static readonly int[] Sequence = Sequences.Uniform(Entries);

    public string Name => "w2";

    public async Task<Findings> Run(Extent extent)
    {
        var findings = new Findings(
            "W2: shared hit",
            $"{Entries:N0} entries of {Document.Size} bytes and three tags, near caches off. Every process shares the cores, so the processor time of an operation counts as much as its latency.");
        foreach (var silos in new[] { 3, 1 })
        {
            await Measure(findings, extent, silos);
        }

        return findings;
    }

    private static async Task Measure(Findings findings, Extent extent, int silos)
    {
        await using var cluster = await RedisCluster.Start(silos);
        await using var peers = await PeerGroup.Open(
            cluster.Redis,
            Catalogue.OursNearOff,
            Catalogue.HybridNearOff,
            Catalogue.FusionNearOff,
            Catalogue.OutputCachingOnRedis,
            Catalogue.RedisPlain,
            Catalogue.RedisTagVersions);
        var sets = new Dictionary<string, EntrySet<byte[]>>();
        var (rounds, duration, warmUp) = extent > Extent.Short
            ? (7, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5))
            : (3, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1));
        foreach (var name in peers.Names)
        {
            sets[name] = new("shared", Entries, peers[name].Entries, Document.MakeBytes);
            await sets[name].Fill();
            await ClosedLoop.Run(64, warmUp, Sequence, sets[name].Read);
        }

        var where = silos == 1 ? "1 silo" : $"{silos} silos";
        var one = await Loop(1);
        var table = new Table($"{where}, 1 caller", "", "p50, us", "p99, us", "processor us a read: application", "silos", "Redis");
        foreach (var name in peers.Names)
        {
            table.Add(name, [one.Of(name, read => read.P50), one.Of(name, read => read.P99), .. ProcessorTime(one, name)]);
        }

        findings.Tables.Add(table);
        findings.Targets.Add(Target.AtMost(
            1.2, $"{where}, 1 caller, p50: ours / HybridCache + Redis", one.Ratio(Catalogue.OursNearOff, Catalogue.HybridNearOff, read => read.P50)));
        foreach (var callers in new[] { 64, 256 })
        {
            var many = await Loop(callers);
            table = new Table($"{where}, {callers} callers", "", "reads/s", "p99, us", "processor us a read: application", "silos", "Redis");
            foreach (var name in peers.Names)
            {
                table.Add(name, [many.Of(name, read => read.PerSecond), many.Of(name, read => read.P99), .. ProcessorTime(many, name)]);
            }

            findings.Tables.Add(table);
            findings.Targets.Add(Target.AtLeast(
                1.2, $"{where}, {callers} callers, reads a second: ours / HybridCache + Redis", many.Ratio(Catalogue.OursNearOff, Catalogue.HybridNearOff, read => read.PerSecond)));
            findings.Targets.Add(Target.AtLeast(
                1.5, $"{where}, {callers} callers, reads a second: ours / FusionCache + Redis", many.Ratio(Catalogue.OursNearOff, Catalogue.FusionNearOff, read => read.PerSecond)));
        }

        Task<Rounds<Hits>> Loop(int callers) => Rounds<Hits>.Run(peers.Names, rounds, async name =>
        {
            var before = cluster.ProcessorTimes();
            var result = await ClosedLoop.Run(callers, duration, Sequence, sets[name].Read);
            return new(result, cluster.ProcessorTimes().Since(before));
        });
    }

    private static object[] ProcessorTime(Rounds<Hits> rounds, string name) =>
    [
        rounds.Of(name, read => read.OfOne(read.Used.Application)),
        rounds.Of(name, read => read.OfOne(read.Used.Silos)),
        rounds.Of(name, read => read.OfOne(read.Used.Redis)),
    ];

    private sealed record Hits(LoopResult Loop, ProcessorTimes Used)
    {
        public double P50 => Loop.Latencies.Nanoseconds(50) / 1e3;

        public double P99 => Loop.Latencies.Nanoseconds(99) / 1e3;

        public double PerSecond => Loop.PerSecond;

        public double OfOne(TimeSpan time) => time.TotalMicroseconds / Loop.Calls;
    }
}
