using System.ComponentModel;
using System.Runtime.Serialization;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Near;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Reads from the reader's own process: they ask nobody, allocate nothing, and are never stale after an update has returned.</summary>
public sealed class NearCacheTests(NearCacheTests.NearCluster cluster) : IClassFixture<NearCacheTests.NearCluster>
{
    private const int MaximumInterest = 1_000;

    [Fact]
    public async Task Read_Again_AsksNobody()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:1", "value", "near");
            var asked = cluster.Asked;
            for (var i = 0; i < 1_000; i++)
            {
                Assert.Equal("value", await process.Cache.GetOrCreateAsync("near:1", Never<string>, new() { Tags = ["near"] }));
                Assert.Equal("value", (await process.Cache.TryGetAsync<string>("near:1")).Value);
            }

            Assert.Equal(asked, cluster.Asked);
        }
    }

    [Fact]
    public async Task Hit_AllocatesNothing()
    {
        var options = new CacheEntryOptions { Tags = ["alloc-1", "alloc-2", "alloc-3"] };
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:alloc", "value", "alloc-1", "alloc-2", "alloc-3");
            await Keep(process, "near:alloc-int", 42, "alloc-1");
            Assert.Equal(0, AllocatedByHits(process.Cache, options));
        }
    }

    [Fact]
    public async Task UpdateTag_WhenReturned_HasEndedWhatEveryProcessKept()
    {
        foreach (var updater in cluster.Processes)
        {
            foreach (var process in cluster.Processes)
            {
                await Keep(process, "near:2", "value", "near-2");
            }

            using (ServerAction.Begin())
            {
                await updater.Cache.UpdateTagAsync("near-2");
            }

            Assert.All(cluster.Processes, process => Assert.False(process.Near.Find("near:2", freshOnly: false).Entry is not null));
        }
    }

    [Fact]
    public async Task RevalidateTag_WhatIsKeptIsServedStaleAtOnce_UntilAnUpdateEndsIt()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:stale", "value", "near-stale");
        }

        await cluster.Processes[0].Cache.RevalidateTagAsync("near-stale", CacheLife.Max);
        foreach (var process in cluster.Processes)
        {
            var hit = process.Near.Find("near:stale", freshOnly: false);
            Assert.Equal((true, true), (hit.Entry is not null, hit.IsStale));
            Assert.Null(process.Near.Find("near:stale", freshOnly: true).Entry);
        }

        using (ServerAction.Begin())
        {
            await cluster.Processes[1].Cache.UpdateTagAsync("near-stale");
        }

        Assert.All(cluster.Processes, process => Assert.Null(process.Near.Find("near:stale", freshOnly: false).Entry));
    }

    /// <summary>All readers of a stale value get it from their own memory while one of them refreshes it.</summary>
    [Fact]
    public async Task Read_OfAStaleValue_WaitsForNobodyAndRefreshesOnce()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:herd", "old", "near-herd");
        }

        await cluster.Processes[0].Cache.RevalidateTagAsync("near-herd", CacheLife.Max);
        var run = new HeldFactory<string>("new");
        var behind = new CacheEntryOptions { Tags = ["near-herd"], AllowBackgroundRefresh = true };
        for (var i = 0; i < 1_000; i++)
        {
            foreach (var process in cluster.Processes)
            {
                var read = process.Cache.GetOrCreateAsync("near:herd", (_, token) => run.Invoke(token), behind).AsTask();
                Assert.True(read.IsCompletedSuccessfully);
                Assert.Equal("old", await read);
            }
        }

        await run.Started;
        run.Release();
        foreach (var process in cluster.Processes)
        {
            await Events.On(CacheEvent.RefreshEnded, CacheEvent.NearKept, CacheEvent.LeaseRenewed).Until(async () => await process.Cache.GetOrCreateAsync("near:herd", (_, token) => run.Invoke(token), new() { Tags = ["near-herd"] }) != "old");
        }

        Assert.Equal(1, run.Runs);
    }

    [Fact]
    public async Task SetAndRemove_WhenReturned_HaveEndedWhatEveryProcessKept()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:3", "value", "near-3");
        }

        await cluster.Processes[1].Cache.SetAsync("near:3", "set");
        foreach (var process in cluster.Processes)
        {
            Assert.Equal("set", (await process.Cache.TryGetAsync<string>("near:3")).Value);
            await Keep(process, "near:3", "set");
        }

        await cluster.Processes[2].Cache.RemoveAsync("near:3");
        Assert.All(cluster.Processes, process => Assert.False(process.Near.Find("near:3", freshOnly: false).Entry is not null));
    }

    [Fact]
    public async Task RevalidateTag_WhenReturned_LeavesNobodyServingItAsFresh()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:4", "value", "near-4");
        }

        await cluster.Processes[3].Cache.RevalidateTagAsync("near-4", CacheLife.Max);

        foreach (var process in cluster.Processes)
        {
            var found = await process.Cache.TryGetAsync<string>("near:4");
            Assert.Equal(("value", true), (found.Value, found.IsStale));
        }
    }

    [Fact]
    public async Task RevalidateTag_WhileGenerating_KeepsTheValueNearNobody()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:session", "value");
            var (key, tag) = ($"near:revalidated-{process.Name}", $"near-revalidated-{process.Name}");
            var run = new HeldFactory<string>("old");
            var reading = process.Cache.GetOrCreateAsync(key, (_, token) => run.Invoke(token), new() { Tags = [tag] }).AsTask();
            await run.Started;
            await cluster.Processes[1].Cache.RevalidateTagAsync(tag, CacheLife.Max);
            run.Release();

            Assert.Equal("old", await reading);
            Assert.False(process.Near.Find(key, freshOnly: false).Entry is not null);
            Assert.True((await process.Cache.TryGetAsync<string>(key)).IsStale);
        }
    }

    [Fact]
    public async Task NearCacheOff_OfACall_AsksTheCluster()
    {
        var client = cluster.Processes[0];
        await Keep(client, "near:5", "value");
        var asked = cluster.Asked;

        Assert.Equal("value", await client.Cache.GetOrCreateAsync("near:5", Never<string>, new() { NearCache = NearCacheMode.Off }));

        Assert.Equal(asked + 1, cluster.Asked);
    }

    [Fact]
    public async Task Value_OfATypeThatMayChange_IsTheReadersOwn()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:list", new List<int> { 1 });
            (await process.Cache.TryGetAsync<List<int>>("near:list")).Value.Add(2);
            Assert.Equal([1], (await process.Cache.TryGetAsync<List<int>>("near:list")).Value);
        }
    }

    [Fact]
    public async Task Value_OfAnImmutableType_IsShared()
    {
        foreach (var process in cluster.Processes)
        {
            await Keep(process, "near:frozen", new Frozen(1));
            var first = await process.Cache.GetOrCreateAsync("near:frozen", Never<Frozen>);
            Assert.Same(first, await process.Cache.GetOrCreateAsync("near:frozen", Never<Frozen>));
        }
    }

    /// <summary>What is shared as one type is kept as that alone; another reader of the same entry asks the cluster, and both get theirs.</summary>
    [Fact]
    public async Task Value_OfAnImmutableType_CanBeReadAsAnother()
    {
        foreach (var process in cluster.Processes)
        {
            var key = $"near:two types of {process.Name}";
            await Keep(process, key, new Frozen(7));
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(7, (await process.Cache.GetOrCreateAsync(key, Never<Frozen>)).Value);
                Assert.Equal(7, (await process.Cache.GetOrCreateAsync(key, Never<Thawed>)).Value);
            }
        }
    }

    [Fact]
    public async Task Nested_FromANearEntry_InheritsItsTags()
    {
        foreach (var process in cluster.Processes)
        {
            var outer = $"near:outer-{process.Name}";
            await Keep(process, "near:inner", "inner", "near-inner");
            var made = await process.Cache.GetOrCreateAsync(
                outer, async (_, token) => "outer of " + await process.Cache.GetOrCreateAsync("near:inner", Never<string>, cancellationToken: token));
            Assert.Equal("outer of inner", made);

            await cluster.Processes[1].Cache.RevalidateTagAsync("near-inner");

            Assert.False((await process.Cache.TryGetAsync<string>(outer)).HasValue);
        }
    }

    [Fact]
    public async Task Interest_OverTheBound_PushesOutTheOldest()
    {
        var client = cluster.Processes[0];
        var before = cluster.Sessions.Select(sessions => sessions.Counts.Interest).ToArray();
        await Keep(client, "bound:first", 0);
        for (var i = 0; i < 4 * MaximumInterest; i++)
        {
            await client.Cache.SetAsync($"bound:{i}", i);
            await client.Cache.TryGetAsync<int>($"bound:{i}");
        }

        await Events.On(CacheEvent.PushApplied).Until(() => client.Near.Find("bound:first", freshOnly: false).Entry is null);
        await Events.On(CacheEvent.PushAcknowledged, CacheEvent.SessionEnded).Until(() => cluster.Sessions.All(sessions => sessions.Counts.Pushes == 0));
        Assert.All(cluster.Sessions, (sessions, silo) => Assert.InRange(sessions.Counts.Interest, 1, before[silo] + MaximumInterest));
    }

    [Fact]
    public async Task Read_WhileAnotherProcessNeverEndsItsGeneration_RunsItsOwnFactoryAndStoresNothing()
    {
        var held = await cluster.Entry("near:held").Acquire(new(MayGenerate: true, FreshOnly: false, TimeSpan.Zero));
        Assert.False(held.Token.IsNone);

        Assert.Equal("own", await cluster.Client.GetOrCreateAsync("near:held", (_, _) => new ValueTask<string>("own")));

        Assert.False((await cluster.Client.TryGetAsync<string>("near:held")).HasValue);
    }

    [Fact]
    public async Task Acquire_AskedAgainByTheSame_GivesTheSameTokenAgain()
    {
        var requestId = Guid.NewGuid();
        var first = await cluster.Entry("near:again").Acquire(new(MayGenerate: true, FreshOnly: false, TimeSpan.Zero, null, requestId));
        var again = await cluster.Entry("near:again").Acquire(new(MayGenerate: true, FreshOnly: false, TimeSpan.Zero, null, requestId));
        var other = await cluster.Entry("near:again").Acquire(new(MayGenerate: true, FreshOnly: false, TimeSpan.Zero, null, Guid.NewGuid()));

        Assert.Equal((AcquireStatus.Miss, false), (first.Status, first.Token.IsNone));
        Assert.Equal(first.Token, again.Token);
        Assert.Equal((AcquireStatus.Busy, true), (other.Status, other.Token.IsNone));
    }

    private static async Task Keep<T>(Process process, string key, T value, params string[] tags)
    {
        // The first answer of a silo is not kept: its session is being opened.
        await Events.On(CacheEvent.SessionOpened, CacheEvent.SessionEnded, CacheEvent.UpdateSettled, CacheEvent.PushAcknowledged, CacheEvent.LeaseRenewed).Until(async () =>
        {
            await process.Cache.GetOrCreateAsync(key, (_, _) => new ValueTask<T>(value), new() { Tags = tags });
            return process.Near.Find(key, freshOnly: false).Entry is not null;
        });
        await process.Cache.GetOrCreateAsync(key, Never<T>);
    }

    private static long AllocatedByHits(ITagCache cache, CacheEntryOptions options)
    {
        Read();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Read();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;

        void Read()
        {
            var text = cache.GetOrCreateAsync("near:alloc", Never<string>, options);
            var number = cache.GetOrCreateAsync("near:alloc-int", Never<int>, options);
            var found = cache.TryGetAsync<string>("near:alloc");
            Assert.True(text.IsCompletedSuccessfully && number.IsCompletedSuccessfully && found.IsCompletedSuccessfully);
        }
    }

    private static ValueTask<T> Never<T>(CacheContext context, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("The value is kept near: nobody generates it.");

    [ImmutableObject(true)]
    [DataContract(Name = "tests.near.value")]
    public sealed record Frozen(int Value);

    [DataContract(Name = "tests.near.value")]
    public sealed record Thawed(int Value);

    public sealed class NearCluster : TagCacheCluster
    {
        internal Process[] Processes =>
        [
            new("client", Client, Orleans.Client.ServiceProvider.GetRequiredService<NearCache>()),
            .. Orleans.Silos.Select(silo => new Process(silo.Name, CacheOf(silo), Get<NearCache>(silo))),
        ];

        internal IEnumerable<ClientSessions> Sessions => Orleans.Silos.Select(Get<ClientSessions>);

        /// <summary>How many reads the entries of all silos have answered.</summary>
        internal long Asked => Orleans.Silos.Select(Get<SiloMetrics>).Sum(metrics => metrics.Hits + metrics.StaleHits + metrics.Misses);

        protected override void Configure(TagCacheOptions options) => options.MaximumInterest = MaximumInterest;

        protected override void ConfigureClient(TagCacheClientOptions options) => options.WaitTimeout = TimeSpan.FromMilliseconds(100);
    }

    internal sealed record Process(string Name, ITagCache Cache, NearCache Near);
}
