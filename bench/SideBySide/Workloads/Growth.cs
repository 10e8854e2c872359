using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What silos and clients say to each other at rest, and for an update, as there are more of both.</summary>
internal sealed class Growth : IWorkload
{
    /// <summary>So many that each client has a session with every silo.</summary>
    private const int Entries = 40;

    private static readonly int[] Clients = [0, 1, 8, 32];

    public string Name => "w18";

    public async Task<Findings> Run(Extent extent)
    {
        var (updates, window) = extent > Extent.Short ? (200, TimeSpan.FromSeconds(10)) : (20, TimeSpan.FromSeconds(3));
        var rest = new Table("A second at rest", "silos, clients", "packets", "KB", "silos' processor, ms", "clients' processor, ms");
        var each = new Table("An update", "silos, clients", "packets", "KB", "silos' processor, ms", "p50, ms", "p99, ms");
        for (var silos = 1; silos <= 4; silos++)
        {
            await using var cluster = await RedisCluster.Start(silos);
            await using var writer = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
            var sets = new List<EntrySet<byte[]>> { Set(writer) };
            var clients = new List<Ours>();
            foreach (var count in Clients)
            {
                while (clients.Count < count)
                {
                    clients.Add(await Ours.Connect(cluster.Redis));
                    sets.Add(Set(clients[^1]));
                }

                await Update(cluster, writer, sets, updates / 10, (0, 0));
                await Fill(sets);
                var name = $"{silos}, {count}";
                var (wire, busy, begun) = (Loopback.Now(), cluster.ProcessorTimes(), TimeProvider.System.GetTimestamp());
                await Task.Delay(window, TimeProvider.System);
                var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
                var (said, used) = (Loopback.Now().Since(wire), cluster.ProcessorTimes().Since(busy));
                rest.Add(name, Samples.One(said.Packets / seconds), Samples.One(said.Bytes / seconds / 1e3), Samples.One(used.Silos.TotalMilliseconds / seconds), Samples.One(used.Application.TotalMilliseconds / seconds));

                var updated = await Update(cluster, writer, sets, updates, (said.Packets / seconds, said.Bytes / seconds));
                each.Add(
                    name, Samples.One(updated.Packets / updates), Samples.One(updated.Bytes / 1e3 / updates), Samples.One(updated.Silos.TotalMilliseconds / updates),
                    Samples.One(updated.Took.Nanoseconds(50) / 1e6), Samples.One(updated.Took.Nanoseconds(99) / 1e6));
            }

            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }

        return new(
            "W18: what grows with silos and clients",
            $"{Entries} entries with one tag, which every client keeps near, so that it has a session with every silo. One more client, which keeps nothing, makes {updates} updates of that tag, one after the other; before each, all entries are read again, which is not measured. Packets and bytes are those of the loopback, Redis among them: measure it in a network namespace of its own. The clients are in one process.")
        {
            Tables = { rest, each },
        };
    }

    private static EntrySet<byte[]> Set(Ours client) => new("growth", Entries, client.Entries, Document.MakeBytes);

    private static Task Fill(List<EntrySet<byte[]>> sets) => Task.WhenAll(sets.Select(set => set.Fill()));

    /// <param name="cluster">The silos.</param>
    /// <param name="writer">Who updates.</param>
    /// <param name="sets">The entries, as every client has them.</param>
    /// <param name="updates">How many.</param>
    /// <param name="atRest">What is said a second without updates: it goes on during them, and is not theirs.</param>
    private static async Task<(Latencies Took, double Packets, double Bytes, TimeSpan Silos)> Update(
        RedisCluster cluster, Ours writer, List<EntrySet<byte[]>> sets, int updates, (double Packets, double Bytes) atRest)
    {
        var (took, said, silos, seconds) = (new Latencies(), new Loopback(0, 0), TimeSpan.Zero, 0.0);
        for (var i = 0; i < updates; i++)
        {
            await Fill(sets);
            var (wire, busy, begun) = (Loopback.Now(), cluster.ProcessorTimes(), TimeProvider.System.GetTimestamp());
            await writer.Invalidate(sets[0].Tag);
            var elapsed = TimeProvider.System.GetTimestamp() - begun;
            took.Record(elapsed);
            seconds += elapsed / (double)TimeProvider.System.TimestampFrequency;
            var (since, used) = (Loopback.Now().Since(wire), cluster.ProcessorTimes().Since(busy));
            (said, silos) = (new(said.Bytes + since.Bytes, said.Packets + since.Packets), silos + used.Silos);
        }

        return (took, said.Packets - (atRest.Packets * seconds), said.Bytes - (atRest.Bytes * seconds), silos);
    }
}
