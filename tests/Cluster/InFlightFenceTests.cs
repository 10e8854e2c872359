using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>An update wins against every value that is being made while it happens.</summary>
[Collection(ClusterCollection.Name)]
public sealed class InFlightFenceTests(TagCacheCluster cluster)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UpdateTag_WhileGenerating_DropsTheValue(bool isTagEarly)
    {
        foreach (var (generator, i) in cluster.Everyone.Select((cache, i) => (cache, i)))
        {
            var key = $"fence:{isTagEarly}:{i}";
            var tag = $"fence-tag:{isTagEarly}:{i}";
            var run = new HeldFactory<string>("old");
            var reader = generator.GetOrCreateAsync(
                key,
                async (context, token) =>
                {
                    var value = await run.Invoke(token);
                    if (!isTagEarly)
                    {
                        // Only now does the factory learn which tag its value depends on.
                        context.Tag(tag);
                    }

                    return value;
                },
                isTagEarly ? new() { Tags = [tag] } : null).AsTask();
            await run.Started;

            await Update(cluster.Everyone[(i + 1) % 4], tag);
            run.Release();

            // Its own reader asked before the update began, and may have it; nobody else does.
            Assert.Equal("old", await reader);
            foreach (var other in cluster.Everyone)
            {
                Assert.False((await other.TryGetAsync<string>(key)).HasValue);
            }

            Assert.Equal("new", await generator.GetOrCreateAsync(key, (_, _) => new ValueTask<string>("new")));
        }
    }

    [Fact]
    public async Task UpdateTag_BeforeGenerating_DoesNotDropTheValue()
    {
        await Update(cluster.Client, "fence-before");
        await cluster.Client.GetOrCreateAsync("fence-before", (_, _) => new ValueTask<int>(1), new() { Tags = ["fence-before"] });

        Assert.True((await cluster.Silos[0].TryGetAsync<int>("fence-before")).HasValue);
    }

    [Fact]
    public async Task UpdateTag_WhileGenerating_JoinersOfTheSameProcessGenerateAgain()
    {
        var run = new HeldFactory<int>(1);
        var options = new CacheEntryOptions { Tags = ["join-local"] };
        var owner = cluster.Client.GetOrCreateAsync("join-local", (_, token) => run.Invoke(token), options).AsTask();
        await run.Started;
        var before = cluster.Client.GetOrCreateAsync("join-local", (_, _) => new ValueTask<int>(2), options).AsTask();

        await Update(cluster.Silos[0], "join-local");
        var after = cluster.Client.GetOrCreateAsync("join-local", (_, _) => new ValueTask<int>(2), options).AsTask();
        run.Release();

        Assert.Equal(1, await owner);
        Assert.Equal(2, await after);
        Assert.Equal(2, await before);
    }

    [Fact]
    public async Task UpdateTag_WhileGenerating_JoinersOfOtherProcessesGenerateAgain()
    {
        var run = new HeldFactory<int>(1);
        var options = new CacheEntryOptions { Tags = ["join-far"] };
        var owner = cluster.Client.GetOrCreateAsync("join-far", (_, token) => run.Invoke(token), options).AsTask();
        await run.Started;
        var joiners = cluster.Silos.Select(silo => silo.GetOrCreateAsync("join-far", (_, _) => new ValueTask<int>(2), options).AsTask()).ToList();

        await Update(cluster.Silos[0], "join-far");
        run.Release();

        Assert.Equal(1, await owner);
        Assert.All(await Task.WhenAll(joiners), value => Assert.Equal(2, value));
    }

    [Fact]
    public async Task Remove_WhileGenerating_DropsTheValue()
    {
        var run = new HeldFactory<int>(1);
        var owner = cluster.Client.GetOrCreateAsync("fence-remove", (_, token) => run.Invoke(token)).AsTask();
        await run.Started;

        await cluster.Silos[1].RemoveAsync("fence-remove");
        run.Release();
        await owner;

        Assert.False((await cluster.Client.TryGetAsync<int>("fence-remove")).HasValue);
    }

    [Fact]
    public async Task Set_WhileGenerating_IsNotOverwrittenByTheOlderGeneration()
    {
        var run = new HeldFactory<string>("generated before");
        var owner = cluster.Client.GetOrCreateAsync("fence-set", (_, token) => run.Invoke(token)).AsTask();
        await run.Started;

        await cluster.Silos[1].SetAsync("fence-set", "set");
        run.Release();
        await owner;

        Assert.Equal("set", (await cluster.Client.TryGetAsync<string>("fence-set")).Value);
    }

    [Fact]
    public async Task Waiter_AfterASetAndARemoval_LeavesTheGrainFreeForOthers()
    {
        var run = new HeldFactory<string>("generated");
        var owner = cluster.Client.GetOrCreateAsync("fence-set-wait", (_, token) => run.Invoke(token)).AsTask();
        await run.Started;
        await cluster.Silos[1].SetAsync("fence-set-wait", "set");
        await cluster.Silos[1].RemoveAsync("fence-set-wait");

        // The generation is in flight still, and nothing is there to be served: this one waits for it.
        var entry = cluster.Entry("fence-set-wait");
        var waiting = entry.Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.FromSeconds(7))).AsTask();
        Assert.Null(await entry.Describe());

        run.Release();
        await owner;
        await waiting;
    }

    [Fact]
    public async Task UpdateTag_BetweenTheTripsOfASet_SupersedesTheValueAndStillDropsTheEarlierOne()
    {
        await cluster.Client.SetAsync("fence-trips", "earlier", new() { Tags = ["other"] });
        var entry = cluster.Entry("fence-trips");
        var token = await entry.BeginSet();

        await Update(cluster.Silos[2], "trips");
        var outcome = await entry.Set(token, new(new([1], null), ["trips"], null, CacheLife.Default), age: TimeSpan.Zero);

        Assert.Equal(Contracts.CommitStatus.Superseded, outcome.Commit.Status);
        Assert.True(outcome.Update.IsComplete);
        Assert.False((await cluster.Client.TryGetAsync<string>("fence-trips")).HasValue);
    }

    [Fact]
    public async Task UpdateTag_BetweenASetsCallAndItsFirstTrip_SupersedesTheValue()
    {
        var madeAt = TimeProvider.System.GetTimestamp();
        await Update(cluster.Silos[2], "late-trips");
        var entry = cluster.Entry("fence-late-trips");
        var token = await entry.BeginSet();
        var age = TimeProvider.System.GetElapsedTime(madeAt);

        var outcome = await entry.Set(token, new(new([1], null), ["late-trips"], null, CacheLife.Default), age);

        Assert.Equal(Contracts.CommitStatus.Superseded, outcome.Commit.Status);
    }

    private static async Task Update(ITagCache cache, string tag)
    {
        using (ServerAction.Begin())
        {
            await cache.UpdateTagAsync(tag);
        }
    }
}
