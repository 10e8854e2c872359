using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Many callers in several processes ask for one entry that nobody has made yet.</summary>
internal sealed class Stampede : IWorkload
{
    private const int Callers = 64;
    private const int MostNodes = 3;

    private static readonly TimeSpan FactoryTakes = TimeSpan.FromMilliseconds(200);
    private static readonly string[] Peers =
    [
        Catalogue.Ours, Catalogue.HybridOnRedis, Catalogue.FusionOnRedis, Catalogue.FusionWithLocks, Catalogue.OutputCachingOnRedis, Catalogue.RedisPlain, Catalogue.RedisTagVersions,
    ];

    public string Name => "w4";

    public async Task<Findings> Run(Extent extent)
    {
        var rounds = extent > Extent.Short ? 15 : 3;
        var findings = new Findings(
            "W4: stampede",
            $"{Callers} callers in each process ask for one cold key at a time; the factory takes {FactoryTakes.TotalMilliseconds:F0} ms. Output caching is the store alone, without the middleware's lock of its process.");
        await using var cluster = await RedisCluster.Start(silos: 3);
        var table = new Table("Runs of the factory", "", "2 processes", "3 processes");
        foreach (var name in Peers)
        {
            var nodes = new List<Node>();
            for (var i = 0; i < MostNodes; i++)
            {
                nodes.Add(await Node.Start(name, cluster.Redis));
            }

            var two = await Runs(nodes[..2], "two", rounds);
            var three = await Runs(nodes, "three", rounds);
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }

            table.Add(name, two, three);
            if (name == Catalogue.Ours)
            {
                findings.Targets.Add(Target.AtMost(1, "2 processes, runs in the worst round: ours", Samples.One(two.Most)));
                findings.Targets.Add(Target.AtMost(1, "3 processes, runs in the worst round: ours", Samples.One(three.Most)));
            }
        }

        findings.Tables.Add(table);
        return findings;
    }

    /// <summary>In a node: all callers ask at a time. Says how often the factory ran here.</summary>
    public static async Task<string> Rush(IPeer peer, string key, int callers)
    {
        var runs = 0;
        var read = peer.Entries(["stampede"], async token =>
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(FactoryTakes, TimeProvider.System, token);
            return Document.MakeBytes();
        });
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () => await read(key))));
        return runs.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task<Samples> Runs(List<Node> nodes, string prefix, int rounds)
    {
        // The first use of a connection is slower than the rest.
        await Once("warm");
        var runs = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            runs.Add(await Once(round.ToString(CultureInfo.InvariantCulture)));
        }

        return Samples.Of(runs);

        async Task<double> Once(string round)
        {
            var answers = await Task.WhenAll(nodes.Select(node => node.Ask(NodeCommands.Rush($"stampede:{prefix}:{round}", Callers))));
            return answers.Sum(answer => int.Parse(answer, CultureInfo.InvariantCulture));
        }
    }
}
