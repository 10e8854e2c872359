using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Reads of entries that nobody has made yet, and that so are made and stored.</summary>
internal sealed class Fill : IWorkload
{
    private const int WarmUpRounds = 5;

    public string Name => "w7";

    public async Task<Findings> Run(Extent extent)
    {
        var (rounds, entries) = extent > Extent.Short ? (9, 10_000) : (3, 2_000);
        var findings = new Findings(
            "W7: fill",
            $"{entries:N0} new entries a round, each of {Document.Size} bytes and three tags, with 64 callers; the factory costs nothing. Near caches are on.");
        foreach (var silos in new[] { 3, 1 })
        {
            await using var cluster = await RedisCluster.Start(silos);
            await using var peers = await PeerGroup.Open(
                cluster.Redis,
                Catalogue.Ours,
                Catalogue.HybridOnRedis,
                Catalogue.FusionOnRedis,
                Catalogue.FusionWithLocks,
                Catalogue.OutputCachingOnRedis,
                Catalogue.RedisPlain,
                Catalogue.RedisTagVersions);
            var sets = 0;
            await Rounds<Filled>.Run(peers.Names, WarmUpRounds, Measure);
            var filled = await Rounds<Filled>.Run(peers.Names, rounds, Measure);
            var where = silos == 1 ? "1 silo" : $"{silos} silos";
            var table = new Table(where, "", "entries/s", "processor us an entry: application", "silos", "Redis");
            foreach (var name in peers.Names)
            {
                table.Add(
                    name,
                    filled.Of(name, fill => fill.PerSecond),
                    filled.Of(name, fill => fill.OfOne(fill.Used.Application)),
                    filled.Of(name, fill => fill.OfOne(fill.Used.Silos)),
                    filled.Of(name, fill => fill.OfOne(fill.Used.Redis)));
            }

            findings.Tables.Add(table);
            findings.Targets.Add(Target.AtLeast(
                1, $"{where}, entries a second: ours / HybridCache + Redis", filled.Ratio(Catalogue.Ours, Catalogue.HybridOnRedis, fill => fill.PerSecond)));

            async Task<Filled> Measure(string name)
            {
                var set = new EntrySet<byte[]>($"fill:{++sets}", entries, peers[name].Entries, Document.MakeBytes);
                var before = cluster.ProcessorTimes();
                var begun = TimeProvider.System.GetTimestamp();
                await set.ReadAll();
                return new(entries, TimeProvider.System.GetElapsedTime(begun), cluster.ProcessorTimes().Since(before));
            }
        }

        return findings;
    }

    private sealed record Filled(int Entries, TimeSpan Elapsed, ProcessorTimes Used)
    {
        public double PerSecond => Entries / Elapsed.TotalSeconds;

        public double OfOne(TimeSpan time) => time.TotalMicroseconds / Entries;
    }
}
