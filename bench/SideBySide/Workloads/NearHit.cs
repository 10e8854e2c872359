using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Reads of what the process has in its memory.</summary>
internal sealed class NearHit : IWorkload
{
    private const int Hot = 1_000;
    private const int Many = 100_000;
    private const double Skew = 0.99;

    public string Name => "w1";

    public async Task<Findings> Run(Extent extent)
    {
        var findings = new Findings(
            "W1: near hit",
            $"Values of {Document.Size} bytes and three tags. *Shared*: an immutable type, so that every peer gives all readers the same object. *Copied*: `byte[]`, "
            + "of which ours and HybridCache give each reader a copy, and the floors and FusionCache do not.");
        await using var cluster = await RedisCluster.Start(silos: 1);
        await using var ours = await Ours.Connect(cluster.Redis);
        await using var hybrid = Hybrid.InMemory();
        await using var fusion = Fusion.InMemory();
        await using var memory = new Memory();
        await using var lru = new Lru();

        HotHits.Peers = new(ours, hybrid, fusion, memory, lru);
        Hottest(findings, extent);

        var peers = new Dictionary<string, INearPeer>
        {
            [Catalogue.Ours] = ours,
            [Catalogue.HybridInMemory] = hybrid,
            [Catalogue.FusionInMemory] = fusion,
            [Catalogue.MemoryCache] = memory,
            [Catalogue.BitFasterLru] = lru,
        };
        await Loop(findings, extent, peers, $"{Hot:N0} hot entries", "hot", Hot, Sequences.Uniform(Hot));
        var skewed = await Loop(findings, extent, peers, $"{Many:N0} entries, Zipf {Skew}", "zipf", Many, Sequences.Zipf(Many, Skew));
        findings.Targets.Add(Target.AtLeast(
            1.2, "Zipf, 2 threads, reads a second: ours / HybridCache memory", skewed.Ratio(Catalogue.Ours, Catalogue.HybridInMemory, rate => rate.PerSecond)));
        return findings;
    }

    /// <summary>Several runs of BenchmarkDotNet, since within one it takes a peer after the other, and the machine does not stay the same for so long.</summary>
    private static void Hottest(Findings findings, Extent extent)
    {
        List<IReadOnlyList<MicroResult>> runs =
            [.. Enumerable.Range(0, extent > Extent.Short ? 5 : 2).Select(_ => MicroBenchmark.Run<HotHits>(iterations: extent > Extent.Short ? 10 : 5))];
        var table = new Table($"{Hot:N0} hot entries, 1 thread, BenchmarkDotNet: medians of {runs.Count} runs", "", "ns", "bytes a read");
        foreach (var name in runs[0].Select(result => result.Name))
        {
            table.Add(name, Of(name, result => result.Nanoseconds), Of(name, result => result.AllocatedBytes));
        }

        findings.Tables.Add(table);
        findings.Targets.Add(Target.AtMost(0.7, "hot, ns: ours / HybridCache memory, shared", Ratio(HotHits.Hybrid)));
        findings.Targets.Add(Target.AtMost(1.2, "hot, ns: ours / IMemoryCache, shared", Ratio(HotHits.Memory)));
        findings.Targets.Add(Target.AtMost(0, "hot, bytes a read: ours, shared", Of(HotHits.Ours, result => result.AllocatedBytes)));

        Samples Of(string name, Func<MicroResult, double> figure) => Samples.Of(runs.Select(run => figure(run.Single(result => result.Name == name))));

        Samples Ratio(string other) => Samples.Of(runs.Select(run =>
            run.Single(result => result.Name == HotHits.Ours).Nanoseconds / run.Single(result => result.Name == other).Nanoseconds));
    }

    /// <summary>One table; returns the rounds with two threads.</summary>
    private static async Task<Rounds<HitRate>> Loop(
        Findings findings, Extent extent, Dictionary<string, INearPeer> peers, string title, string prefix, int count, int[] sequence)
    {
        var (rounds, duration) = extent > Extent.Short ? (9, TimeSpan.FromSeconds(1)) : (3, TimeSpan.FromMilliseconds(300));
        var sets = new Dictionary<string, EntrySet<Document>>();
        foreach (var (name, peer) in peers)
        {
            sets[name] = new(prefix, count, peer.Entries, Document.Make);
            await sets[name].Fill();
            HitLoop.Run(1, TimeSpan.FromSeconds(1), sequence, sets[name].Read);
        }

        var one = await Measure(threads: 1);
        var two = await Measure(threads: 2);
        var table = new Table($"{title}, shared", "", "1 thread, ns", "2 threads, reads/s", "bytes a read", "not from memory");
        foreach (var name in peers.Keys)
        {
            table.Add(
                name,
                one.Of(name, rate => 1e9 / rate.PerSecond),
                two.Of(name, rate => rate.PerSecond),
                one.Of(name, rate => rate.AllocatedBytes),
                two.Of(name, rate => rate.NotFromMemory));
        }

        findings.Tables.Add(table);
        return two;

        Task<Rounds<HitRate>> Measure(int threads) => Rounds<HitRate>.Run(
            [.. peers.Keys], rounds, name => Task.FromResult(HitLoop.Run(threads, duration, sequence, sets[name].Read)));
    }
}
