using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Stale values are served while one reader refreshes them.</summary>
[Collection(ClusterCollection.Name)]
public sealed class RevalidationTests(TagCacheCluster cluster)
{
    private static readonly CacheEntryOptions Behind = new() { AllowBackgroundRefresh = true };

    [Fact]
    public async Task RevalidateTag_ServesTheOldValueUntilAReaderHasRefreshedIt()
    {
        await cluster.Client.SetAsync("stale:1", "old", new() { Tags = ["stale"] });
        await cluster.Silos[0].RevalidateTagAsync("stale", CacheLife.Max);
        foreach (var reader in cluster.Everyone)
        {
            var found = await reader.TryGetAsync<string>("stale:1");
            Assert.Equal(("old", true), (found.Value, found.IsStale));
        }

        var run = new HeldFactory<string>("new");
        var readers = Enumerable.Range(0, 64).Select(i => cluster.Everyone[i % 4].GetOrCreateAsync("stale:1", (_, token) => run.Invoke(token), Behind).AsTask());
        Assert.All(await Task.WhenAll(readers), value => Assert.Equal("old", value));
        await run.Started;
        run.Release();
        await Events.On(CacheEvent.RefreshEnded, CacheEvent.NearKept, CacheEvent.LeaseRenewed).Until(async () => !(await cluster.Client.TryGetAsync<string>("stale:1")).IsStale);

        Assert.Equal(1, run.Runs);
        Assert.Equal("new", (await cluster.Silos[2].TryGetAsync<string>("stale:1")).Value);
    }

    [Fact]
    public async Task RevalidateTag_WithoutAProfileOrWithNoTimeLeft_IsAnUpdate()
    {
        foreach (var revalidate in new Func<ValueTask>[]
        {
            () => cluster.Silos[1].RevalidateTagAsync("stale-now"),
            () => cluster.Silos[1].RevalidateTagAsync("stale-now", CacheLife.For(TimeSpan.Zero)),
        })
        {
            await cluster.Client.SetAsync("stale:2", "old", new() { Tags = ["stale-now"] });
            await revalidate();
            Assert.False((await cluster.Client.TryGetAsync<string>("stale:2")).HasValue);
        }
    }

    [Fact]
    public async Task RevalidateTag_AfterAnUpdate_RevivesNothing()
    {
        await cluster.Client.SetAsync("stale:3", "old", new() { Tags = ["stale-3"] });
        await cluster.Client.RevalidateTagAsync("stale-3");
        await cluster.Client.RevalidateTagAsync("stale-3", CacheLife.Max);

        Assert.False((await cluster.Client.TryGetAsync<string>("stale:3")).HasValue);
    }

    [Fact]
    public async Task UpdateTag_DuringARefresh_DropsTheRefreshedValue()
    {
        await cluster.Client.SetAsync("stale:4", "old", new() { Tags = ["stale-4"] });
        await cluster.Client.RevalidateTagAsync("stale-4", CacheLife.Max);
        var entry = cluster.Entry("stale:4");
        var answer = await entry.Acquire(new(true, false, TimeSpan.Zero));
        Assert.Equal(AcquireStatus.Stale, answer.Status);

        await cluster.Silos[0].RevalidateTagAsync("stale-4");

        var refreshed = new EntryData(new([1], null), ["stale-4"], null, CacheLife.Default);
        Assert.Equal(CommitStatus.Superseded, (await entry.Commit(answer.Token, refreshed)).Status);
        Assert.False((await cluster.Client.TryGetAsync<string>("stale:4")).HasValue);
    }

    [Fact]
    public async Task Refresh_ThatFails_KeepsTheStaleValueAndIsTriedAgain()
    {
        await cluster.Client.SetAsync("stale:5", "old", new() { Tags = ["stale-5"] });
        await cluster.Client.RevalidateTagAsync("stale-5", CacheLife.Max);
        var failed = new TaskCompletionSource();
        Assert.Equal("old", await cluster.Client.GetOrCreateAsync<string>("stale:5", (_, _) =>
        {
            failed.SetResult();
            throw new FormatException();
        }));
        await failed.Task.Soon();

        // The token comes back a moment after the factory has failed; then a reader gets it.
        await Events.On(CacheEvent.TokenEnded, CacheEvent.EntryStored, CacheEvent.LeaseRenewed).Until(async () =>
        {
            if (await cluster.Client.TryGetAsync<string>("stale:5") is not { IsStale: true } found)
            {
                return true;
            }

            Assert.Equal("old", found.Value);
            await cluster.Client.GetOrCreateAsync("stale:5", (_, _) => new ValueTask<string>("new"));
            return false;
        });

        Assert.Equal("new", (await cluster.Client.TryGetAsync<string>("stale:5")).Value);
    }

    [Fact]
    public async Task Factory_OfARefresh_SeesTheStaleValue()
    {
        await cluster.Client.SetAsync("stale:6", "old", new() { Tags = ["stale-6"] });
        await cluster.Client.RevalidateTagAsync("stale-6", CacheLife.Max);
        var seen = new TaskCompletionSource<string?>();
        await cluster.Client.GetOrCreateAsync("stale:6", (context, _) =>
        {
            seen.SetResult(context.TryGetStale<string>(out var stale) ? stale : null);
            return new ValueTask<string>("new");
        });

        Assert.Equal("old", await seen.Task.Soon());
    }
}
