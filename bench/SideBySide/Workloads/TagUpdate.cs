using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Invalidations of a tag with one dependent and with very many, and of one whose dependents two processes keep near.</summary>
internal sealed class TagUpdate : IWorkload
{
    private const int Few = 100;
    private const int Many = 100_000;
    private const int Most = 1_000_000;
    private static readonly TimeSpan UpdatesBefore = TimeSpan.FromSeconds(1);
    private const int KeptUpdates = 20;
    private const string Kept = "kept";

    private static readonly string[] Peers =
        [Catalogue.Ours, Catalogue.HybridOnRedis, Catalogue.FusionOnRedis, Catalogue.OutputCachingOnRedis, Catalogue.RedisTagVersions];

    public string Name => "w3";

    public async Task<Findings> Run(Extent extent)
    {
        var findings = new Findings(
            "W3: update of a tag",
            "Three silos. The time until the call returns: with ours until every process has let go of the old values, with output caching until the deletions are on their way, with HybridCache and FusionCache until Redis has the mark. "
            + "Before each, updates of another tag for a second, so that none pays for what filling left behind. "
            + "Whatever the call waits for, other processes have the new value some time after it began: they read one key without a pause, but let other threads have the cores between two reads, while the process that updates makes a call of an empty grain in a bare silo, and then the update.");
        await using var cluster = await RedisCluster.Start(silos: 3);
        await Sizes(findings, cluster.Redis, extent);
        await KeptNear(findings, cluster.Redis, extent);
        await LastProcess.Measure(findings, cluster.Redis, extent);
        await RareTag.Measure(findings, cluster.Redis, extent);
        return findings;
    }

    private static async Task Sizes(Findings findings, string redis, Extent extent)
    {
        int[] sizes = extent > Extent.Short ? [1, Few, 10_000, Many] : [1, Few, 10_000];
        await using var peers = await PeerGroup.Open(redis, Peers);
        var calls = 0;
        var updates = await Rounds<double[]>.Run(
            Peers, extent > Extent.Short ? 7 : 3, name => Update((ITaggedPeer)peers[name], sizes, isLargestFirst: calls++ / Peers.Length % 2 == 1));
        var table = new Table("Time of the call, ms, by dependents", ["", .. sizes.Select(size => $"{size:N0}")]);
        foreach (var name in Peers)
        {
            table.Add(name, [.. sizes.Select((_, i) => updates.Of(name, took => took[i]))]);
        }

        findings.Tables.Add(table);
        findings.Targets.Add(Target.AtMost(1.1, $"{sizes[^1]:N0} dependents / 1: ours", updates.Ratio(Catalogue.Ours, took => took[^1], took => took[0])));
        if (extent == Extent.All)
        {
            calls = 0;
            var most = await Rounds<double[]>.Run(
                [Catalogue.Ours], 3, name => Update((ITaggedPeer)peers[name], [1, Most], isLargestFirst: calls++ % 2 == 1));
            findings.Targets.Add(Target.AtMost(1.2, $"{Most:N0} dependents / 1: ours", most.Ratio(Catalogue.Ours, took => took[^1], took => took[0])));
        }
    }

    /// <summary>Fills a set of each size, then updates each, in milliseconds.</summary>
    private static async Task<double[]> Update(ITaggedPeer peer, int[] sizes, bool isLargestFirst)
    {
        var sets = sizes.Select(size => new EntrySet<byte[]>($"update:{size}", size, peer.Entries, Document.MakeBytes)).ToList();
        foreach (var set in sets)
        {
            await set.Fill();
        }

        var took = new double[sizes.Length];
        var order = Enumerable.Range(0, sizes.Length);
        foreach (var i in isLargestFirst ? order.Reverse() : order)
        {
            await Others(peer);
            took[i] = await Invalidate(peer, sets[i].Tag);
        }

        return took;
    }

    private static async Task KeptNear(Findings findings, string redis, Extent extent)
    {
        string[] names = [Catalogue.Ours, Catalogue.FusionOnRedis];
        await using var peers = await PeerGroup.Open(redis, names);
        var nodes = new Dictionary<string, Node>();
        foreach (var name in names)
        {
            nodes[name] = await Node.Start(name, redis);
        }

        var updates = await Rounds<Latencies>.Run(names, extent > Extent.Short ? 9 : 3, async name =>
        {
            var peer = (ITaggedPeer)peers[name];
            var set = new EntrySet<byte[]>(Kept, Few, peer.Entries, Document.MakeBytes);
            var latencies = new Latencies();
            for (var i = 0; i < KeptUpdates; i++)
            {
                await set.Fill();
                await nodes[name].Ask(NodeCommands.Keep(Kept, Few));
                var begun = TimeProvider.System.GetTimestamp();
                await peer.Invalidate(Kept);
                latencies.Record(TimeProvider.System.GetTimestamp() - begun);
            }

            return latencies;
        });
        foreach (var node in nodes.Values)
        {
            await node.DisposeAsync();
        }

        var table = new Table($"{Few} dependents that two processes keep near", "", "p50, ms", "longest, ms");
        foreach (var name in names)
        {
            table.Add(name, updates.Of(name, took => took.Nanoseconds(50) / 1e6), updates.Of(name, took => took.Nanoseconds(100) / 1e6));
        }

        findings.Tables.Add(table);
        findings.Targets.Add(Target.AtMost(
            1, "kept near by two processes, p50: ours / FusionCache + Redis", updates.Ratio(Catalogue.Ours, Catalogue.FusionOnRedis, took => took.Nanoseconds(50))));
    }

    private static async Task Others(ITaggedPeer peer)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < UpdatesBefore)
        {
            await peer.Invalidate("update:other");
        }
    }

    private static async Task<double> Invalidate(ITaggedPeer peer, string tag)
    {
        var begun = TimeProvider.System.GetTimestamp();
        await peer.Invalidate(tag);
        return TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds;
    }
}
