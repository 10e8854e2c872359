using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;
using Silo = OrleansTagCache.Bench.SideBySide.Machine.Silo;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>One silo with very many small entries: how fast they come, what others notice of them, and how an update of all goes and gives their memory back.</summary>
internal sealed class LargeSilo : IWorkload
{
    private const int ValueSize = 100;
    /// <summary>Others, which are read.</summary>
    public const int HotEntries = 1_000;
    private const int Callers = 64;
    private const int UpdateRounds = 101;
    private const int MostPasses = 10;
    private const string Common = "large";

    private static readonly TimeSpan UpdatesBefore = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSweep = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly int[] Sequence = Sequences.Uniform(HotEntries);
    private static readonly byte[] Value = new byte[ValueSize];

    public string Name => "w14";

    public async Task<Findings> Run(Extent extent)
    {
        var findings = new Findings(
            "W14: a large silo",
            $"One silo with entries of {ValueSize} bytes, with one tag that all bear and one of their own, made by {Callers} callers. {HotEntries:N0} others, without the common tag, are read at a steady pace: a read does not wait for those before it. "
            + $"Then {UpdateRounds} updates of the tag that all bear and as many of one that a single entry bears, in turns. From the quiet time until all are gone the silo is asked five times a second how many entries it has. Only the first finds the entries alive, but an update meets the same records until they are swept. "
            + "Pauses of the collector are the silo's, as its runtime reports them. Live: after a full collection.");
        foreach (var entries in extent switch { Extent.Short => [100_000], Extent.Full => [1_000_000], _ => new[] { 1_000_000, 5_000_000 } })
        {
            await Run(findings, entries, extent > Extent.Short ? TimeSpan.FromSeconds(10) : TimeSpan.FromSeconds(3), extent > Extent.Short ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(5));
        }

        return findings;
    }

    /// <summary>Makes so many small entries beside the hot ones, until the cluster has them all.</summary>
    public static async Task Fill(ITagCache cache, Silo silo, int entries)
    {
        var all = HotEntries + entries;
        for (var pass = 0; await silo.Entries() < all; pass++)
        {
            if (pass == MostPasses)
            {
                throw new InvalidOperationException($"After {MostPasses} passes the silo has {await silo.Entries()} of {all} entries.");
            }

            await Parallel.ForAsync(0, entries, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (entry, token) =>
            {
                var options = new CacheEntryOptions { Tags = [Common, OwnTag(entry)], Life = CacheLife.Max };
                await cache.GetOrCreateAsync(Key(entry), static (_, _) => ValueTask.FromResult(Value), options, token);
            });
        }
    }

    private static async Task Run(Findings findings, int entries, TimeSpan quietFor, TimeSpan patience)
    {
        await using var cluster = await RedisCluster.Start(silos: 1);
        await using var ours = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
        var silo = cluster.Silos[0];
        var hot = new EntrySet<byte[]>("hot", HotEntries, ours.Entries, () => Value, ownTags: true);
        await hot.Fill();
        await Hits(hot, Task.Delay(quietFor, TimeProvider.System));
        var memory = new Table($"{entries:N0} entries: the silo's memory, MB", "", "resident", "live in the managed heap");
        await AddMemory(memory, "before", silo);

        var fill = await Watch(silo, hot, () => Fill(ours.Cache, silo, entries));
        var full = silo.ResidentBytes;
        await AddMemory(memory, "after the fill", silo);
        var quiet = await Hits(hot, LookFor(silo, quietFor));
        await Others(ours);
        var updates = new Updates();
        var swept = await Watch(silo, hot, async () =>
        {
            await updates.Run(ours, silo);
            if (!await Until(LongestSweep, async () => await silo.Entries() <= HotEntries))
            {
                throw new InvalidOperationException($"{LongestSweep} after the update the silo still has {await silo.Entries()} entries.");
            }
        });
        memory.Add("when all were gone", Megabytes(silo.ResidentBytes), "");
        var isBack = false;
        var back = await Watch(silo, hot, async () => isBack = await Until(patience, () => Task.FromResult(silo.ResidentBytes < full / 2)));
        await AddMemory(memory, $"{Text(back.Seconds)} s later, {(isBack ? "as soon as half was given back" : "when half was not given back yet")}", silo);

        var hits = new Table($"{entries:N0} entries, made {Text(entries / fill.Seconds)} a second: hits of other entries", "", "in s", "p50, us", "p99, us", "longest pause of the collector, ms", "all pauses, ms", "pauses");
        AddHits(hits, "while filling", fill);
        hits.Add("quiet, full", Samples.One(quietFor.TotalSeconds), Microseconds(quiet, 50), Microseconds(quiet, 99), "", "", "");
        AddHits(hits, "from the first update until all were gone", swept);
        AddHits(hits, "from then on, while memory is given back", back);
        var times = new Table($"{entries:N0} entries: time of an update, ms, {updates.Left:N0} not swept yet after the last", "", "the first", "p50", "longest");
        times.Add($"a tag of {entries:N0}", Samples.One(updates.All[0]), Median(updates.All), Samples.One(updates.All.Max()));
        times.Add("a tag of one", Samples.One(updates.One[0]), Median(updates.One), Samples.One(updates.One.Max()));
        findings.Tables.AddRange([hits, times, memory]);
        findings.Targets.Add(Target.AtMost(1.1, $"update, p50: a tag of {entries:N0} / of one", Samples.One(Median(updates.All).Median / Median(updates.One).Median)));
        findings.Targets.Add(Target.AtMost(2, $"{entries:N0} entries, hits of others, p99: from the first update until all were gone / quiet", Samples.One(swept.Hits.Nanoseconds(99) / quiet.Nanoseconds(99))));
    }

    private static async Task<Watched> Watch(Silo silo, EntrySet<byte[]> hot, Func<Task> work)
    {
        using var pauses = silo.WatchPauses();
        var begun = TimeProvider.System.GetTimestamp();
        var working = Task.Run(work);
        var hits = await Hits(hot, working);
        await working;
        return new(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, hits, await pauses.End());
    }

    private static Task<Latencies> Hits(EntrySet<byte[]> hot, Task until) => PacedLoop.Run(until, Sequence, hot.Read);

    private static async Task Others(Ours ours)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < UpdatesBefore)
        {
            await ours.Invalidate("large:other");
        }
    }

    /// <summary>The silo is asked as often for its entries as while they are swept: the answers cost it something too.</summary>
    private static async Task LookFor(Silo silo, TimeSpan time)
    {
        var begun = TimeProvider.System.GetTimestamp();
        await Until(time, async () => await silo.Entries() < 0 || TimeProvider.System.GetElapsedTime(begun) > time);
    }

    /// <returns>Whether it is so; false if it was not in that time.</returns>
    private static async Task<bool> Until(TimeSpan patience, Func<Task<bool>> isSo)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > patience)
            {
                return false;
            }

            await Task.Delay(Look, TimeProvider.System);
        }

        return true;
    }

    /// <summary>What the silo occupies and then, after a full collection, what is alive.</summary>
    private static async Task AddMemory(Table table, string when, Silo silo)
    {
        var resident = silo.ResidentBytes;
        table.Add(when, Megabytes(resident), Megabytes(await silo.LiveBytes()));
    }

    private static void AddHits(Table table, string when, Watched watched) => table.Add(
        when,
        Samples.One(watched.Seconds),
        Microseconds(watched.Hits, 50),
        Microseconds(watched.Hits, 99),
        Samples.One(watched.Pauses.Longest),
        Samples.One(watched.Pauses.Total),
        watched.Pauses.Count);

    private static Samples Median(List<double> values) => Samples.One(Samples.Of(values).Median);

    private static Samples Megabytes(double bytes) => Samples.One(bytes / 1e6);

    private static Samples Microseconds(Latencies hits, double percentile) => Samples.One(hits.Nanoseconds(percentile) / 1e3);

    private static string Key(int entry) => string.Create(CultureInfo.InvariantCulture, $"{Common}:{entry}");

    private static string OwnTag(int entry) => string.Create(CultureInfo.InvariantCulture, $"own:{entry}");

    private static string Text(double figure) => Samples.One(figure).ToString();

    /// <summary>What happened while something was done.</summary>
    private sealed record Watched(double Seconds, Latencies Hits, Pauses Pauses);

    /// <summary>Updates of the tag that all bear and of one that one entry bears, in turns, in milliseconds.</summary>
    private sealed class Updates
    {
        public List<double> All { get; } = [];

        public List<double> One { get; } = [];

        /// <summary>How many entries that bear the common tag were not swept yet after the last update.</summary>
        public long Left { get; private set; }

        public async Task Run(Ours ours, Silo silo)
        {
            for (var round = 0; round < UpdateRounds; round++)
            {
                foreach (var isAll in round % 2 == 0 ? new[] { true, false } : [false, true])
                {
                    var begun = TimeProvider.System.GetTimestamp();
                    await ours.Invalidate(isAll ? Common : OwnTag(0));
                    (isAll ? All : One).Add(TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
                }
            }

            Left = await silo.Entries() - HotEntries;
        }
    }
}
