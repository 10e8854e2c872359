using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What an entry costs in memory beside its value.</summary>
internal sealed class EntryMemory : IWorkload
{
    private const int Few = 100;
    private const double SiloBound = 800;
    private const double NearBound = 450;

    private static readonly string[] Peers = [Catalogue.Ours, Catalogue.HybridInMemory, Catalogue.FusionInMemory, Catalogue.MemoryCache, Catalogue.BitFasterLru];

    public string Name => "w5";

    public async Task<Findings> Run(Extent extent)
    {
        var (rounds, entries) = extent > Extent.Short ? (3, 100_000) : (1, 20_000);
        await using var cluster = await RedisCluster.Start(silos: 1);

        // Before any client has kept entries near: what the silo holds for such a session goes some time after it.
        var onSilo = Samples.One(await OnSilo(cluster, "memory:silo", entries, ownTags: false));
        var onSiloOwn = Samples.One(await OnSilo(cluster, "memory:silo:own", entries, ownTags: true));
        var bytes = await Rounds<double>.Run(Peers, rounds, name => Near(cluster.Redis, name, "memory:bytes", entries, Document.MakeBytes));
        var own = await Rounds<double>.Run(Peers, rounds, name => Near(cluster.Redis, name, "memory:own", entries, Document.MakeBytes, ownTags: true));
        var documents = await Rounds<double>.Run(Peers, rounds, name => Near(cluster.Redis, name, "memory:documents", entries, Document.Make));
        var near = new Table("Near, bytes an entry", "", "`byte[]`, a tag of its own", "`byte[]`", "immutable type");
        foreach (var name in Peers)
        {
            near.Add(name, own.Of(name, extra => extra), bytes.Of(name, extra => extra), documents.Of(name, extra => extra));
        }

        var silo = new Table("Silo, bytes an entry", "", "a tag of its own", "shared tags");
        silo.Add(Catalogue.Ours, onSiloOwn, onSilo);
        return new(
            "W5: memory of an entry",
            $"{entries:N0} entries; what each costs beyond its {Document.Size} bytes, without the key, which the caller has anyway. Near: the process's managed heap after full collections. "
            + "Of an immutable type ours keeps the object once it was read, and its serialized form until then. Silo: its managed heap, as full collections before and after the fill found it.")
        {
            Tables = { near, silo },
            Targets =
            {
                Target.AtMost(NearBound, "near, bytes an entry: ours", own.Of(Catalogue.Ours, extra => extra)),
                Target.AtMost(1, "near, bytes an entry: ours / HybridCache memory", own.Ratio(Catalogue.Ours, Catalogue.HybridInMemory, extra => extra)),
                Target.AtMost(SiloBound, "silo, bytes an entry: ours", onSiloOwn),
            },
        };
    }

    private static async Task<double> Near<T>(string redis, string name, string prefix, int entries, Func<T> value, bool ownTags = false)
    {
        await using var peer = await Catalogue.Open(name, redis);
        var near = (INearPeer)peer;
        await new EntrySet<T>($"{prefix}:first", Few, near.Entries, value).Fill();
        var set = new EntrySet<T>(prefix, entries, near.Entries, value, ownTags);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await set.Fill();

        // Ours makes the object of an immutable type at the first hit.
        await set.ReadAll();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(set);
        return ((after - before) / (double)entries) - Document.Size;
    }

    private static async Task<double> OnSilo(RedisCluster cluster, string prefix, int entries, bool ownTags)
    {
        await using var peer = await Catalogue.Open(Catalogue.OursNearOff, cluster.Redis);
        await new EntrySet<byte[]>($"{prefix}:first", Few, peer.Entries, Document.MakeBytes).Fill();
        var set = new EntrySet<byte[]>(prefix, entries, peer.Entries, Document.MakeBytes, ownTags);
        var before = await cluster.Silos[0].LiveBytes();
        await set.Fill();
        return ((await cluster.Silos[0].LiveBytes() - before) / entries) - Document.Size;
    }
}
