using System.Diagnostics.Metrics;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Membership;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Without the right to serve, and without a cluster at all.</summary>
public sealed class LeaseLossTests
{
    [Fact]
    public async Task Silos_WithoutALease_RunFactoriesStoreNothingAndCompleteNothing()
    {
        await using var cluster = new Running<ImpatientCluster>();
        var cache = (await cluster.Started).Client;
        await cache.SetAsync("lost", "stored", new() { Tags = ["lost"] });
        await LoseLeases(cluster.Value);

        Assert.Equal("made", await cache.GetOrCreateAsync("lost", (_, _) => new ValueTask<string>("made")));
        Assert.Equal("again", await cache.GetOrCreateAsync("lost", (_, _) => new ValueTask<string>("again")));
        Assert.False((await cache.TryGetAsync<string>("lost")).HasValue);
        await Assert.ThrowsAsync<TagUpdateIncompleteException>(async () => await cache.RevalidateTagAsync("lost"));
        await Assert.ThrowsAsync<TagUpdateIncompleteException>(async () => await cache.SetAsync("lost", "x"));
        await Assert.ThrowsAsync<TagUpdateIncompleteException>(async () => await cache.RemoveAsync("lost"));
    }

    [Fact]
    public async Task Grain_WithoutALease_GivesNoValueAndNoTokenAndStoresNothing()
    {
        await using var cluster = new Running<ImpatientCluster>();
        await (await cluster.Started).Client.SetAsync("lost", "stored");
        var (stored, open) = (cluster.Value.Entry("lost"), cluster.Value.Entry("open"));
        var question = new AcquireRequest(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);
        var data = new EntryData(new([1], null), [], null, CacheLife.Default);
        var token = (await open.Acquire(question)).Token;
        var set = await open.BeginSet();
        await LoseLeases(cluster.Value);

        Assert.Equal(Acquired.NotServing, await stored.Acquire(question));
        Assert.Equal(Acquired.NotServing, await open.Acquire(question));
        Assert.Equal(Acquired.NotServing, await stored.Acquire(question with { MayGenerate = false }));
        Assert.Null(await stored.Describe());
        var client = cluster.Value.Orleans.Client;
        foreach (var endpoint in await client.GetGrain<IEndpointsGrain>(0).Find())
        {
            var answer = await client.GetGrain<IBatchService>(endpoint.Identity).Acquire([new(Names.CacheNamespace.Default.Scope("lost"), true, false, default)], null);
            Assert.Contains(answer[0], new[] { Acquired.Moved, Acquired.NotServing });
        }

        Assert.True((await open.BeginSet()).IsNone);
        Assert.Equal(CommitStatus.NotServing, (await open.Commit(token, data)).Status);
        var outcome = await open.Set(set, data, TimeSpan.Zero);
        Assert.Equal((CommitStatus.NotServing, false), (outcome.Commit.Status, outcome.Update.IsComplete));
        Assert.False((await stored.Remove()).IsComplete);
        Assert.All(cluster.Value.Orleans.Silos, silo => Assert.InRange(TagCacheCluster.Get<Entries.EntryTable>(silo).Count, 0, 1));
    }

    [Fact]
    public async Task Silos_ToldToServeStale_ServeTheStoredValueWithoutALease()
    {
        await using var cluster = new Running<AvailableCluster>();
        var cache = (await cluster.Started).Client;
        await cache.SetAsync("lost", "stored");
        await LoseLeases(cluster.Value);

        Assert.Equal("stored", await cache.GetOrCreateAsync("lost", (_, _) => new ValueTask<string>("made")));

        // What was made from it must not be kept: it may be old.
        Assert.Equal("stored!", await cache.GetOrCreateAsync("lost-outer", async (_, token) => (await cache.TryGetAsync<string>("lost", token)).Value + "!"));
        Assert.False((await cache.TryGetAsync<string>("lost-outer")).HasValue);
    }

    [Fact]
    public async Task Cluster_ThatCannotBeReached_RunsFactoriesAndCountsThem()
    {
        await using var cluster = new Running<ImpatientCluster>();
        var cache = (await cluster.Started).Client;
        var bypasses = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ClientMetrics.MeterName && instrument.Name == "tagcache.bypasses")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => Interlocked.Add(ref bypasses, measurement));
        listener.Start();
        foreach (var silo in cluster.Value.Orleans.Silos.ToList())
        {
            await cluster.Value.Orleans.KillSiloAsync(silo);
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(i, await cache.GetOrCreateAsync($"gone:{i}", (_, _) => new ValueTask<int>(i)));
        }

        Assert.True(Volatile.Read(ref bypasses) >= 5);
        Assert.False((await cache.TryGetAsync<int>("gone:0")).HasValue);
        await Assert.ThrowsAnyAsync<TagCacheException>(async () => await cache.RevalidateTagAsync("gone"));
        await Assert.ThrowsAsync<FormatException>(async () => await cache.GetOrCreateAsync<int>("gone:x", (_, _) => throw new FormatException()));
    }

    private static async Task LoseLeases(TagCacheCluster cluster)
    {
        foreach (var silo in cluster.Orleans.Silos)
        {
            await TagCacheCluster.Get<ServingLease>(silo).StopServing();
        }
    }

    private sealed class ImpatientCluster : TagCacheCluster
    {
        protected override void ConfigureClient(TagCacheClientOptions options) =>
            (options.UpdateTimeout, options.ReadTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    private sealed class AvailableCluster : TagCacheCluster
    {
        protected override void Configure(TagCacheOptions options) => options.LeaseLossBehavior = LeaseLossBehavior.ServeStale;
    }

    /// <summary>A cluster for one test, which leaves it in no state to be checked.</summary>
    private sealed class Running<T> : IAsyncDisposable
        where T : TagCacheCluster, new()
    {
        public Running() => Started = Start();

        public T Value { get; } = new();

        public Task<T> Started { get; }

        public async ValueTask DisposeAsync() => await Value.Orleans.DisposeAsync();

        private async Task<T> Start()
        {
            await Value.InitializeAsync();
            return Value;
        }
    }
}
