using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What mutual TLS costs reads that go to the silo.</summary>
internal sealed class MutualTls : IWorkload
{
    private const int Entries = 10_000;
    private const string Without = "without";
    private const string With = "with mutual TLS";

    private static readonly int[] Sequence = Sequences.Uniform(Entries);

    public string Name => "w11";

    public async Task<Findings> Run(Extent extent)
    {
        var findings = new Findings("W11: mutual TLS", $"Two clusters of one silo, one with mutual TLS; {Entries:N0} entries of {Document.Size} bytes and three tags, near caches off.");
        using var certificates = new Certificates();
        await using var plainCluster = await RedisCluster.Start(1);
        await using var tlsCluster = await RedisCluster.Start(1, certificates.SiloSettings);
        await using var plain = await Ours.Connect(plainCluster.Redis, NearOff);
        await using var tls = await Ours.Connect(tlsCluster.Redis, NearOff, certificates.UseForClient);
        var sets = new Dictionary<string, EntrySet<byte[]>>
        {
            [Without] = new("tls", Entries, plain.Entries, Document.MakeBytes),
            [With] = new("tls", Entries, tls.Entries, Document.MakeBytes),
        };
        var (rounds, duration, warmUp) = extent > Extent.Short ? (7, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)) : (3, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1));
        foreach (var set in sets.Values)
        {
            await set.Fill();
            await ClosedLoop.Run(64, warmUp, Sequence, set.Read);
        }

        foreach (var callers in new[] { 1, 64 })
        {
            var loops = await Rounds<LoopResult>.Run([.. sets.Keys], rounds, name => ClosedLoop.Run(callers, duration, Sequence, sets[name].Read));
            var table = new Table($"{callers} callers", "", "reads/s", "p50, us", "p99, us");
            foreach (var name in sets.Keys)
            {
                table.Add(name, loops.Of(name, loop => loop.PerSecond), loops.Of(name, loop => loop.Latencies.Nanoseconds(50) / 1e3), loops.Of(name, loop => loop.Latencies.Nanoseconds(99) / 1e3));
            }

            findings.Tables.Add(table);
            findings.Targets.Add(Target.AtLeast(0.5, $"{callers} callers, reads a second: with / without", loops.Ratio(With, Without, loop => loop.PerSecond)));
        }

        return findings;
    }

    private static void NearOff(TagCacheClientOptions cache) => cache.NearCache = NearCacheMode.Off;
}
