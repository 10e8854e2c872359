using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>A hundred shared hits that one caller needs together: in one call where there is one, else as that many calls at once.</summary>
internal sealed class ManyKeys : IWorkload
{
    private const int Together = 100;
    private const int Entries = 10_000;
    private const string OneByOne = "ours, near off, one by one";

    private static readonly int[] Sequence = Sequences.Uniform(Entries / Together);

    public string Name => "w13";

    public async Task<Findings> Run(Extent extent)
    {
        var (rounds, duration, warmUp) = extent > Extent.Short
            ? (7, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5))
            : (3, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
        var findings = new Findings(
            "W13: a hundred keys",
            $"One caller reads {Together} of {Entries:N0} entries of {Document.Size} bytes and three tags together, near caches off: ours by one `GetManyAsync`, the others by {Together} calls at once.");
        foreach (var silos in new[] { 3, 1 })
        {
            await using var cluster = await RedisCluster.Start(silos);
            await using var peers = await PeerGroup.Open(cluster.Redis, Catalogue.OursNearOff, Catalogue.HybridNearOff, Catalogue.FusionNearOff);
            var reads = new Dictionary<string, Func<int, ValueTask<byte[]>>>();
            foreach (var name in peers.Names)
            {
                var set = new EntrySet<byte[]>($"many:{silos}", Entries, peers[name].Entries, Document.MakeBytes);
                await set.Fill();
                reads[peers[name] is Ours ? OneByOne : name] = group => AtOnce(set, group);
                if (peers[name] is Ours ours)
                {
                    string[][] groups = [.. Enumerable.Range(0, Entries).Select(set.Key).Chunk(Together)];
                    reads[name] = group => InOneCall(ours.Cache, groups[group]);
                }
            }

            foreach (var read in reads.Values)
            {
                await ClosedLoop.Run(1, warmUp, Sequence, read);
            }

            string[] names = [.. reads.Keys.Order(StringComparer.Ordinal)];
            var done = await Rounds<LoopResult>.Run(names, rounds, name => ClosedLoop.Run(1, duration, Sequence, reads[name]));
            var where = silos == 1 ? "1 silo" : $"{silos} silos";
            var table = new Table(where, "", "p50, us", "p99, us");
            foreach (var name in names)
            {
                table.Add(name, done.Of(name, loop => loop.Latencies.Nanoseconds(50) / 1e3), done.Of(name, loop => loop.Latencies.Nanoseconds(99) / 1e3));
            }

            findings.Tables.Add(table);
            findings.Targets.Add(Target.AtLeast(
                5, $"{where}, p50: HybridCache + Redis / ours", done.Ratio(Catalogue.HybridNearOff, Catalogue.OursNearOff, loop => loop.Latencies.Nanoseconds(50))));
        }

        return findings;
    }

    private static async ValueTask<byte[]> AtOnce(EntrySet<byte[]> set, int group)
    {
        var values = await Task.WhenAll(Enumerable.Range(group * Together, Together).Select(entry => set.Read(entry).AsTask()));
        return values[^1];
    }

    private static async ValueTask<byte[]> InOneCall(ITagCache cache, string[] keys)
    {
        var found = await cache.GetManyAsync<byte[]>(keys);
        return found.Count == keys.Length ? found[keys[^1]].Value : throw new InvalidOperationException($"{keys.Length - found.Count} of {keys.Length} entries are missing.");
    }
}
