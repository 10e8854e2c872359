using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What a deploy and the death of a silo cost readers: each silo ends in turn and another one starts, one more joins, and one is killed.</summary>
internal sealed class Deploy : IWorkload
{
    private const int Silos = 3;
    private const int ValueSize = 1_024;
    private const int UpdatedEntries = 1_000;
    private const string Updated = "updated";

    /// <summary>A read that takes longer has waited for something.</summary>
    private static readonly TimeSpan Waited = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan UpdatePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    private static readonly byte[] Value = new byte[ValueSize];

    public string Name => "w16";

    public async Task<Findings> Run(Extent extent)
    {
        var count = extent > Extent.Short ? 100_000 : 10_000;
        var findings = new Findings(
            "W16: a deploy, and a death",
            $"{Silos} silos, and a client without a near cache that reads {count:N0} entries of {ValueSize:N0} bytes at a steady pace, in no order, while another tag is updated {1 / UpdatePause.TotalSeconds:F0} times a second and its {UpdatedEntries:N0} entries are read. "
            + "What was lost is counted by reading every entry once afterwards. A silo ends by SIGTERM, and the next one ends when its successor is ready; it is killed by SIGKILL.");
        foreach (var standbys in new[] { 0, 1 })
        {
            await Run(findings, count, standbys);
        }

        return findings;
    }

    private static async Task Run(Findings findings, int count, int standbys)
    {
        await using var cluster = await RedisCluster.Start(Silos, $"--TagCache:Standbys={standbys}");
        await using var ours = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
        var kept = new EntrySet<byte[]>("kept", count, ours.Entries, () => Value, ownTags: true);
        var updated = new EntrySet<byte[]>(Updated, UpdatedEntries, ours.Entries, () => Value, ownTags: true);
        var begun = TimeProvider.System.GetTimestamp();
        await kept.Fill();
        var filled = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        await updated.Fill();
        await Task.Delay(Settling, TimeProvider.System);
        var table = new Table(
            $"Standbys: {standbys}. Filled in {Samples.One(filled)} s, with {Samples.One(cluster.ProcessorTimes().Silos.TotalSeconds)} s of the silos' processors until then; they have {cluster.Silos.Sum(silo => silo.ResidentBytes) / 1e6:N0} MB",
            "", "in s", "reads", "of them made by their factories", "entries lost", "longer than 100 ms", "p50, us", "p99, us", "longest, ms", "updates", "incomplete");
        findings.Tables.Add(table);

        await Measure("quiet", () => Task.Delay(Settling, TimeProvider.System));
        var restarted = await Measure("each silo replaced, one after the other", async () =>
        {
            for (var i = 0; i < Silos; i++)
            {
                await cluster.StopOldest();
                await cluster.Add();
            }

            await Task.Delay(Settling, TimeProvider.System);
        });
        var joined = await Measure("one more joins", async () =>
        {
            await cluster.Add();
            await Task.Delay(Settling, TimeProvider.System);
        });
        var killed = await Measure("one is killed", async () =>
        {
            await cluster.KillOldest();
            await Task.Delay(3 * Settling, TimeProvider.System);
        });
        findings.Targets.Add(Target.AtMost(0, $"standbys {standbys}, each silo replaced: entries lost, and factories run", Samples.One(restarted)));
        findings.Targets.Add(Target.AtMost(0, $"standbys {standbys}, one more joins: entries lost, and factories run", Samples.One(joined)));
        if (standbys > 0)
        {
            findings.Targets.Add(Target.AtMost(0, $"standbys {standbys}, one is killed: entries lost, and factories run", Samples.One(killed)));
        }

        async Task<long> Measure(string what, Func<Task> work)
        {
            var (before, begun) = (kept.Made, TimeProvider.System.GetTimestamp());
            using var over = new CancellationTokenSource();
            var (updates, others) = (Update(ours, over.Token), ReadUpdated(updated, over.Token));
            var working = Task.Run(work);
            var reads = await PacedLoop.Run(working, Sequences.Uniform(count), kept.Read);
            await working;
            var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
            var during = kept.Made;
            await over.CancelAsync();
            await others;
            var (complete, incomplete) = await updates;
            await kept.ReadAll();
            var after = kept.Made;
            await kept.Fill();
            await Task.Delay(Settling, TimeProvider.System);
            table.Add(
                what, Samples.One(seconds), Whole(reads.Count), Whole(during - before), Whole(after - during), Whole(reads.LongerThan(Waited)),
                Samples.One(reads.Nanoseconds(50) / 1e3), Samples.One(reads.Nanoseconds(99) / 1e3), Samples.One(reads.Nanoseconds(100) / 1e6), Whole(complete), Whole(incomplete));
            return after - before;
        }
    }

    /// <returns>How many updates were complete, and how many were not.</returns>
    private static async Task<(long Complete, long Incomplete)> Update(Ours ours, CancellationToken over)
    {
        var (complete, incomplete) = (0L, 0L);
        while (!over.IsCancellationRequested)
        {
            try
            {
                await ours.Invalidate(Updated);
                complete++;
            }
            catch (Exception exception) when (exception is TagCacheUnavailableException or TagUpdateIncompleteException)
            {
                incomplete++;
            }

            await Task.Delay(UpdatePause, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return (complete, incomplete);
    }

    private static async Task ReadUpdated(EntrySet<byte[]> updated, CancellationToken over)
    {
        for (var entry = 0; !over.IsCancellationRequested; entry = (entry + 1) % updated.Count)
        {
            await updated.Read(entry);
        }
    }

    private static string Whole(long number) => number.ToString("#,##0", CultureInfo.InvariantCulture);
}
