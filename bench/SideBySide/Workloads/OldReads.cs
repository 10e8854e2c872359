using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>One process changes the data and invalidates, over and over, while others read: how many reads that began after the invalidation had returned still got older data.</summary>
internal sealed class OldReads : IWorkload
{
    private const int Nodes = 2;
    private const int Readers = 4;
    private const string Tag = "old-reads";
    private const string Key = "old-reads:value";

    private static readonly string[] Peers =
    [
        Catalogue.Ours, Catalogue.HybridOnRedis, Catalogue.HybridNearOff, Catalogue.FusionOnRedis, Catalogue.OutputCachingOnRedis, Catalogue.RedisTagVersions,
    ];

    public string Name => "w6";

    public async Task<Findings> Run(Extent extent)
    {
        var duration = TimeSpan.FromSeconds(extent > Extent.Short ? 15 : 3);
        var findings = new Findings(
            "W6: reads of old data after an invalidation",
            $"One process changes a value and invalidates its tag, over and over, for {duration.TotalSeconds:F0} s; {Nodes} others, with {Readers} readers each, read it. A reader first asks which version is the least that it may get: the one whose invalidation has returned.");
        await using var cluster = await RedisCluster.Start(silos: 3);
        await using var source = await VersionedSource.Connect(cluster.Redis);
        var table = new Table("Reads", "", "invalidations", "reads", "of old data", "%");
        foreach (var name in Peers)
        {
            var (changes, seen) = await Race(name, cluster.Redis, source, duration);
            table.Add(name, changes, seen.Reads, seen.Old, Samples.One(100.0 * seen.Old / seen.Reads));
            if (name == Catalogue.Ours)
            {
                findings.Targets.Add(Target.AtMost(0, "reads of old data: ours", Samples.One(seen.Old)));
            }
        }

        findings.Tables.Add(table);
        return findings;
    }

    /// <summary>In a node: reads all the time. Says how many reads there were, and how many got less than was demanded before they began.</summary>
    public static async Task<string> Watch(IPeer peer, VersionedSource source, TimeSpan duration)
    {
        var read = peer.Entries([Tag], _ => source.Make());
        var begun = TimeProvider.System.GetTimestamp();
        var seen = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Run(async () =>
        {
            var seen = new Seen(0, 0);
            while (TimeProvider.System.GetElapsedTime(begun) < duration)
            {
                var least = await source.Demanded();
                var version = VersionedSource.VersionOf(await read(Key));
                seen += new Seen(1, version < least ? 1 : 0);
            }

            return seen;
        })));
        return seen.Aggregate((sum, one) => sum + one).ToString();
    }

    private static async Task<(int Changes, Seen Seen)> Race(string name, string redis, VersionedSource source, TimeSpan duration)
    {
        await using var writer = await Catalogue.Open(name, redis);
        var tagged = (ITaggedPeer)writer;
        var nodes = new List<Node>();
        for (var i = 0; i < Nodes; i++)
        {
            nodes.Add(await Node.Start(name, redis));
        }

        var watching = Task.WhenAll(nodes.Select(node => node.Ask(NodeCommands.Watch(duration))));
        var changes = 0;
        for (; !watching.IsCompleted; changes++)
        {
            var version = await source.Change();
            await tagged.Invalidate(Tag);
            await source.Demand(version);
        }

        var seen = (await watching).Select(Seen.Parse).Aggregate((sum, one) => sum + one);
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        return (changes, seen);
    }

    private readonly record struct Seen(long Reads, long Old)
    {
        public static Seen operator +(Seen left, Seen right) => new(left.Reads + right.Reads, left.Old + right.Old);

        public static Seen Parse(string text)
        {
            var parts = text.Split('/');
            return new(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Reads}/{Old}");
    }
}
