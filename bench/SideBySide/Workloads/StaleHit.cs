using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Reads of fresh entries beside reads of stale ones, while one of the readers refreshes each and has not ended yet. No peer has this.</summary>
internal sealed class StaleHit : IWorkload
{
    private const int Clients = 4;
    private const int Readers = 1_000;
    private const int Reads = 2_000;
    private const int Entries = 50;
    private const int WarmUpRounds = 4;

    private const string Fresh = "fresh";
    private const string Stale = "stale";
    private const string Tag = "stale-hits";

    private static readonly CacheEntryOptions Options = new() { Tags = [Tag], Life = CacheLife.Max, AllowBackgroundRefresh = true };
    private static readonly string[] Keys = [.. Enumerable.Range(0, Entries).Select(i => string.Create(CultureInfo.InvariantCulture, $"{Tag}:{i}"))];

    private Task _gate = Task.CompletedTask;
    private int _refreshes;

    public string Name => "w8";

    public async Task<Findings> Run(Extent extent)
    {
        await using var cluster = await RedisCluster.Start(silos: 3);
        var peers = new List<Ours>();
        for (var i = 0; i < Clients; i++)
        {
            peers.Add(await Ours.Connect(cluster.Redis, options => options.MaximumBackgroundRefreshes = Entries));
        }

        ITagCache[] caches = [.. peers.Select(peer => peer.Cache)];
        var (fresh, stale, refreshes) = (new List<Latencies>(), new List<Latencies>(), new List<int>());
        for (var round = 0; round < WarmUpRounds + (extent > Extent.Short ? 9 : 3); round++)
        {
            await KeepFresh(caches);
            var whileFresh = await Measure(caches);
            var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_gate, _refreshes) = (release.Task, 0);
            await caches[0].RevalidateTagAsync(Tag, CacheLife.Max);
            var whileStale = await Measure(caches);
            var running = Volatile.Read(ref _refreshes);
            release.SetResult();
            if (round >= WarmUpRounds)
            {
                fresh.Add(whileFresh);
                stale.Add(whileStale);
                refreshes.Add(running);
            }
        }

        foreach (var peer in peers)
        {
            await peer.DisposeAsync();
        }

        var table = new Table("ours", "", "p50, ns", "p99, ns", "refreshes running");
        table.Add(Fresh, At(fresh, 50), At(fresh, 99), 0);
        table.Add(Stale, At(stale, 50), At(stale, 99), Samples.Of(refreshes.Select(count => (double)count)));
        return new(
            "W8: stale hit",
            $"{Readers:N0} readers in {Clients} clients of three silos; each reads {Entries} entries in turn, {Reads:N0} times: while they are fresh, and after their tag was revalidated, while one of the readers refreshes each entry. The other peers have no soft invalidation by tag.")
        {
            Tables = { table },
            Targets =
            {
                Target.AtMost(1.5, "p99: stale / fresh", Samples.Of(stale.Zip(fresh, (stale, fresh) => stale.Nanoseconds(99) / fresh.Nanoseconds(99)))),
            },
        };
    }

    private static Samples At(List<Latencies> rounds, double percentile) => Samples.Of(rounds.Select(round => round.Nanoseconds(percentile)));

    /// <summary>Until every client keeps every entry, fresh.</summary>
    private static async Task KeepFresh(ITagCache[] caches)
    {
        foreach (var cache in caches)
        {
            foreach (var key in Keys)
            {
                while ((await cache.TryGetAsync<string>(key)) is not { HasValue: true, IsStale: false })
                {
                    await cache.GetOrCreateAsync(key, static (_, _) => ValueTask.FromResult("value"), Options);
                }
            }
        }
    }

    private async Task<Latencies> Measure(ITagCache[] caches)
    {
        var time = TimeProvider.System;
        var samples = await Task.WhenAll(Enumerable.Range(0, Readers).Select(reader => Task.Run(async () =>
        {
            var cache = caches[reader % Clients];
            var took = new long[Reads];
            for (var i = 0; i < Reads; i++)
            {
                var begun = time.GetTimestamp();
                await cache.GetOrCreateAsync(Keys[i % Entries], this, static (workload, _, _) => workload.Refresh(), Options);
                took[i] = time.GetTimestamp() - begun;
            }

            return took;
        })));
        var latencies = new Latencies();
        foreach (var ticks in samples.SelectMany(took => took))
        {
            latencies.Record(ticks);
        }

        return latencies;
    }

    private async ValueTask<string> Refresh()
    {
        Interlocked.Increment(ref _refreshes);
        await _gate;
        return "value";
    }
}
