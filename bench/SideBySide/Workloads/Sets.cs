using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Plain sets of small values. Ours return when no process serves an earlier value; the peers' return when Redis has the new one, while other processes may still serve the earlier.</summary>
internal sealed class Sets : IWorkload
{
    private const int Callers = 128;
    private const int Entries = 10_000;
    private const int Shelves = 100;
    private const int Size = 64;

    private static readonly int[] Sequence = Sequences.Uniform(Entries);

    public string Name => "w12";

    public async Task<Findings> Run(Extent extent)
    {
        var (rounds, duration, warmUp) = extent > Extent.Short
            ? (7, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5))
            : (3, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
        var findings = new Findings(
            "W12: sets",
            $"{Callers} callers set {Entries:N0} entries, each of {Size} bytes and three tags. Ours has returned when no process serves an earlier value; the peers' calls wait for no other process.");
        foreach (var silos in new[] { 3, 1 })
        {
            await using var cluster = await RedisCluster.Start(silos);
            await using var peers = await PeerGroup.Open(
                cluster.Redis, Catalogue.Ours, Catalogue.HybridOnRedis, Catalogue.FusionOnRedis, Catalogue.OutputCachingOnRedis);
            var stores = peers.Names.ToDictionary(name => name, name => SetsOf((ISettablePeer)peers[name]));
            foreach (var name in peers.Names)
            {
                await ClosedLoop.Run(Callers, warmUp, Sequence, stores[name]);
            }

            var set = await Rounds<Done>.Run(peers.Names, rounds, async name =>
            {
                var before = cluster.ProcessorTimes();
                var result = await ClosedLoop.Run(Callers, duration, Sequence, stores[name]);
                return new(result, cluster.ProcessorTimes().Since(before));
            });
            var where = silos == 1 ? "1 silo" : $"{silos} silos";
            var table = new Table(where, "", "sets/s", "p99, us", "processor us a set: application", "silos", "Redis");
            foreach (var name in peers.Names)
            {
                table.Add(
                    name,
                    set.Of(name, done => done.Loop.PerSecond),
                    set.Of(name, done => done.Loop.Latencies.Nanoseconds(99) / 1e3),
                    set.Of(name, done => done.OfOne(done.Used.Application)),
                    set.Of(name, done => done.OfOne(done.Used.Silos)),
                    set.Of(name, done => done.OfOne(done.Used.Redis)));
            }

            findings.Tables.Add(table);
            findings.Targets.Add(Target.AtLeast(
                0.5, $"{where}, sets a second: ours / FusionCache + Redis", set.Ratio(Catalogue.Ours, Catalogue.FusionOnRedis, done => done.Loop.PerSecond)));
        }

        return findings;
    }

    private static Func<int, ValueTask<byte[]>> SetsOf(ISettablePeer peer)
    {
        var value = new byte[Size];
        string[] keys = [.. Enumerable.Range(0, Entries).Select(i => Text($"set:{i}"))];
        Store[] shelves = [.. Enumerable.Range(0, Shelves).Select(shelf => peer.Sets(["set", Text($"set:shelf:{shelf}"), Text($"set:kind:{shelf % 10}")]))];
        return async entry =>
        {
            await shelves[entry % Shelves](keys[entry], value);
            return value;
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Done(LoopResult Loop, ProcessorTimes Used)
    {
        public double OfOne(TimeSpan time) => time.TotalMicroseconds / Loop.Calls;
    }
}
