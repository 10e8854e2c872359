using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Updates of a tag as the cluster grows, and as more and more clients keep its dependents near and must let go of them.</summary>
internal sealed class ManyClients : IWorkload
{
    private const int Dependents = 10;
    private const int WarmUpUpdates = 20;
    private const int Entries = 10_000;
    private const int Callers = 64;

    private static readonly int[] Clients = [0, 1, 4, 16, 32];
    private static readonly int[] Sequence = Sequences.Uniform(Entries);

    public string Name => "w9";

    public async Task<Findings> Run(Extent extent)
    {
        var updates = extent > Extent.Short ? 100 : 10;
        var table = new Table("Time of an update, ms, by clients: p50 / longest", ["", .. Clients.Select(clients => $"{clients}")]);
        var throughput = new Table($"A second, {Callers} callers of one client that keeps nothing", "", "reads of 10,000 entries", "updates of 10,000 tags");
        for (var silos = 1; silos <= 3; silos++)
        {
            var name = silos == 1 ? "1 silo" : $"{silos} silos";
            table.Add(name, [.. await Row(silos, updates)]);
            throughput.Add(name, [.. await Throughput(silos, extent > Extent.Short ? TimeSpan.FromSeconds(2) : TimeSpan.FromMilliseconds(500), extent > Extent.Short ? 7 : 3)]);
        }

        return new(
            "W9: silos and clients",
            $"{Dependents} dependents; all clients keep all of them near, and read them again after each update. One more client, which keeps nothing, makes {updates} updates, one after the other. The clients are in this process.")
        {
            Tables = { table, throughput },
        };
    }

    private static async Task<List<string>> Row(int silos, int updates)
    {
        await using var cluster = await RedisCluster.Start(silos);
        await using var writer = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
        var clients = new List<Ours>();
        var sets = new List<EntrySet<byte[]>> { Set(writer) };
        var cells = new List<string>();
        foreach (var count in Clients)
        {
            while (clients.Count < count)
            {
                clients.Add(await Ours.Connect(cluster.Redis));
                sets.Add(Set(clients[^1]));
            }

            await Update(writer, sets, WarmUpUpdates);
            var took = await Update(writer, sets, updates);
            cells.Add($"{Samples.One(took.Nanoseconds(50) / 1e6)} / {Samples.One(took.Nanoseconds(100) / 1e6)}");
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        return cells;
    }

    /// <summary>Reads and updates, in turns, in a cluster without other clients.</summary>
    private static async Task<List<Samples>> Throughput(int silos, TimeSpan duration, int rounds)
    {
        await using var cluster = await RedisCluster.Start(silos);
        await using var client = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
        var set = new EntrySet<byte[]>("silos", Entries, client.Entries, Document.MakeBytes, ownTags: true);
        await set.Fill();
        var (reads, updates) = (new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
        {
            var read = await ClosedLoop.Run(Callers, duration, Sequence, set.Read);
            var updated = await ClosedLoop.Run(Callers, duration, Sequence, async tag =>
            {
                await client.Invalidate(string.Create(CultureInfo.InvariantCulture, $"silos:updated:{tag}"));
                return [];
            });
            if (round >= 0)
            {
                reads.Add(read.PerSecond);
                updates.Add(updated.PerSecond);
            }
        }

        return [Samples.Of(reads), Samples.Of(updates)];
    }

    private static EntrySet<byte[]> Set(Ours client) => new("clients", Dependents, client.Entries, Document.MakeBytes);

    private static async Task<Latencies> Update(Ours writer, List<EntrySet<byte[]>> sets, int updates)
    {
        var latencies = new Latencies();
        for (var i = 0; i < updates; i++)
        {
            await Task.WhenAll(sets.Select(set => set.Fill()));
            var begun = TimeProvider.System.GetTimestamp();
            await writer.Invalidate(sets[0].Tag);
            latencies.Record(TimeProvider.System.GetTimestamp() - begun);
        }

        return latencies;
    }
}
