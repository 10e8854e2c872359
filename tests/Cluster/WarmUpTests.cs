using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Names;
using OrleansTagCache.WarmUps;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A cold cluster is filled once, whatever dies; a warm one is left as it is.</summary>
public sealed class WarmUpTests
{
    private const int Count = 300;

    [Fact]
    public async Task WarmUp_OfAColdCluster_FillsEachKeyOnceAndNotAgainWhenASiloIsReplaced()
    {
        var queries = 0;
        var cluster = new WarmCluster(client: builder => builder.AddWarmUp("all", "item", Arguments, options => options.MaximumLoads = 6));
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Held["7"] = held;
        await cluster.InitializeAsync();
        await cluster.Client.SetAsync("item:3", "set", new() { Tags = ["items"], Life = CacheLife.Max });

        // An update that comes while a value is loaded wins: the value is dropped, and loaded once more.
        await cluster.Loads.Until(() => cluster.RunsOf("7") == 1 && cluster.Runs.Count == Count - 1, () => $"{cluster.Runs.Count} loaded");
        cluster.Source = "new";
        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("item:7");
        }

        held.SetResult();
        var mark = await cluster.UntilDone("all");

        Assert.Equal((Count - 1, 1, 0, 0), (mark.Filled, mark.Skipped, mark.Failed, mark.NoRoom));
        Assert.Equal((2, 0), (cluster.RunsOf("7"), cluster.RunsOf("3")));
        Assert.All(Enumerable.Range(0, Count).Except([3, 7]), i => Assert.Equal(1, cluster.RunsOf($"{i}")));
        Assert.InRange(cluster.MostRunning, 1, 6);
        Assert.All(cluster.Orleans.Silos, silo => Assert.InRange(TagCacheCluster.Get<EntryTable>(silo).Count, Count / 6, Count));
        Assert.Equal(("new", "old"), ((await cluster.Client.TryGetAsync<string>("item:7")).ValueOrDefault, (await cluster.Client.TryGetAsync<string>("item:8")).ValueOrDefault));

        // Two of three silos are replaced, and then the third: none is left that was there when it was filled.
        var runs = cluster.Runs.Values.Sum();
        foreach (var old in cluster.Orleans.Silos.ToArray())
        {
            var joined = await cluster.Orleans.StartAdditionalSiloAsync();
            await Events.On(CacheEvent.WarmUpLooked).Until(() => TagCacheCluster.Get<WarmUpMemory>(joined).Tell(WarmCluster.Scoped("all"), null) is { IsDone: true });
            await cluster.Orleans.StopSiloAsync(old);
        }

        await WarmCluster.LooksOnce();
        Assert.Equal((1, runs), (queries, cluster.Runs.Values.Sum()));
        foreach (var i in Enumerable.Range(0, Count))
        {
            Assert.NotNull(await cluster.Entry($"item:{i}").Describe());
        }

        await cluster.Orleans.DisposeAsync();

        async IAsyncEnumerable<string> Arguments(IServiceProvider services, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            queries++;
            for (var i = 0; i < Count; i++)
            {
                await Task.Yield();
                yield return $"{i}";
                yield return $"{i / 2}";
            }
        }
    }

    [Fact]
    public async Task WarmUp_WhoseJobsSiloDiesInTheMiddle_GoesOn()
    {
        var cluster = new WarmCluster(client: builder => builder.AddWarmUp("all", "item", Enumerable.Range(0, Count).Select(i => $"{i}")));
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Held["250"] = held;
        await cluster.InitializeAsync();
        await cluster.Loads.Until(() => cluster.RunsOf("250") >= 1, () => $"{cluster.Runs.Count} loaded");
        var job = cluster.Orleans.Client.GetGrain<IRefreshJobGrain>(Refreshing.WarmUpJob.Of(WarmCluster.Scoped("all")));
        Assert.NotNull(await job.Describe());
        var management = cluster.Orleans.Client.GetGrain<IManagementGrain>(0);
        var silo = await management.GetActivationAddress(job);

        await cluster.Orleans.KillSiloAsync(cluster.Orleans.Silos.Single(one => one.SiloAddress.Equals(silo)));
        held.SetResult();
        var mark = await cluster.UntilDone("all");

        Assert.Equal(0, mark.Failed + mark.NoRoom);
        foreach (var i in Enumerable.Range(0, Count))
        {
            Assert.NotNull(await cluster.Entry($"item:{i}").Describe());
        }

        await cluster.Orleans.DisposeAsync();
    }

    [Fact]
    public async Task WarmUp_OfMoreThanThereIsRoomFor_EvictsNothing()
    {
        var cluster = new WarmCluster(
            configure: options =>
            {
                options.MaximumEntries = 100;
                options.WarmUps["some"] = new() { Loader = "item", Arguments = [.. Enumerable.Range(0, Count).Select(i => $"{i}")], MaximumFillPercent = 50, MaximumLoads = 6 };
            },
            client: builder => builder.AddWarmUp("first", "item", Enumerable.Range(0, Count).Select(i => $"{i}"), options => options.MaximumKeys = 10));
        await cluster.InitializeAsync();

        var mark = await cluster.UntilDone("some");
        var first = await cluster.UntilDone("first");

        Assert.Equal(Count, mark.Filled + mark.Skipped + mark.NoRoom);
        Assert.Equal(10, first.Filled + first.Skipped + first.NoRoom);
        Assert.InRange(mark.NoRoom, 100, Count - 1);
        Assert.All(cluster.Orleans.Silos, silo => Assert.Equal(0, TagCacheCluster.Get<EntryTable>(silo).Evictions));
        Assert.All(cluster.Orleans.Silos, silo => Assert.InRange(TagCacheCluster.Get<EntryTable>(silo).Count, 40, 50 + 12));
        await cluster.ClientLog.Says("The warm-up 'first' has more arguments than it may fill: the first 10 are filled");
        await cluster.Orleans.DisposeAsync();
    }

    private sealed class WarmCluster(Action<IClientBuilder> client, Action<TagCacheOptions>? configure = null) : TagCacheCluster
    {
        private int _running;

        public ConcurrentDictionary<string, int> Runs { get; } = [];

        public ConcurrentDictionary<string, TaskCompletionSource> Held { get; } = [];

        public Signal Loads { get; } = new();

        public CapturedLog ClientLog { get; } = new();

        public string Source { get; set; } = "old";

        public int MostRunning { get; private set; }

        public int RunsOf(string argument) => Runs.GetValueOrDefault(argument);

        public static string Scoped(string name) => CacheNamespace.Default.Scope(name);

        public async Task<WarmUpMark> UntilDone(string name)
        {
            WarmUpMark? mark = null;
            await Events.On(CacheEvent.WarmUpLooked).Until(() => (mark = Orleans.Silos.Select(silo => Get<WarmUpMemory>(silo).Tell(Scoped(name), null)).FirstOrDefault(known => known is { IsDone: true })) is not null);
            return mark!;
        }

        /// <summary>Waits until a warm-up was looked at again.</summary>
        public static async Task LooksOnce()
        {
            var looks = 0;
            await Events.On(CacheEvent.WarmUpLooked).Until(() => looks++ > 1);
        }

        protected override void Configure(TagCacheOptions options)
        {
            options.RefreshReminderPeriod = TimeSpan.FromSeconds(1);
            configure?.Invoke(options);
        }

        protected override void ConfigureSilo(ISiloBuilder silo) => silo.AddLoader<string>("item", Load, new() { Life = CacheLife.Max });

        protected override void ConfigureClient(IClientBuilder builder)
        {
            builder.Services.AddLogging(logging => logging.AddProvider(ClientLog));
            client(builder);
        }

        private async ValueTask<string> Load(CacheContext context, string argument, CancellationToken cancellationToken)
        {
            var value = Source;
            context.Tag("items", $"item:{argument}");
            Runs.AddOrUpdate(argument, 1, (_, runs) => runs + 1);
            lock (Runs)
            {
                MostRunning = Math.Max(MostRunning, ++_running);
            }

            Loads.Set();
            try
            {
                if (Held.TryGetValue(argument, out var held))
                {
                    await held.Task.WaitAsync(cancellationToken).Soon();
                }

                await Task.Yield();
                return value;
            }
            finally
            {
                lock (Runs)
                {
                    _running--;
                }
            }
        }
    }
}
