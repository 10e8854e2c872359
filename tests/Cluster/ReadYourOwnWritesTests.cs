using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The promise: when an update has returned, nobody reads a value that began before it.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ReadYourOwnWritesTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task UpdateTag_FromEveryProcess_IsSeenByEveryProcessAtOnce()
    {
        var source = 0;
        for (var round = 0; round < 100; round++)
        {
            var key = $"ryow:{round % 7}";
            var updater = cluster.Everyone[round % cluster.Everyone.Length];
            foreach (var reader in cluster.Everyone)
            {
                await Read(reader, key, "ryow", () => source);
            }

            var version = ++source;
            await Update(updater, "ryow");
            foreach (var reader in cluster.Everyone)
            {
                Assert.Equal(version, await Read(reader, key, "ryow", () => source));
            }
        }
    }

    [Fact]
    public async Task UpdateTag_UnderConcurrentReadsAndUpdates_NeverShowsAnOlderVersion()
    {
        var source = 0;
        var updated = 0;
        var readers = cluster.Everyone.SelectMany(cache => Enumerable.Range(0, 4).Select(i => (Func<int, Task>)(async _ =>
        {
            var floor = Volatile.Read(ref updated);
            var seen = await Read(cache, $"storm:{i}", "storm", () => Volatile.Read(ref source));
            Assert.True(seen >= floor, $"Read {seen} after the update of {floor} had returned.");
        })));

        var reads = await Waits.While(
            async () =>
            {
                for (var version = 1; version <= 200; version++)
                {
                    Volatile.Write(ref source, version);
                    await Update(cluster.Everyone[version % cluster.Everyone.Length], "storm");
                    Volatile.Write(ref updated, version);
                }
            },
            readers);

        Assert.All(reads, count => Assert.True(count > 0));
    }

    /// <summary>A tag of an entry's own is seldom updated: what that costs must not depend on whether it was lately.</summary>
    [Fact]
    public async Task UpdateTag_OfATagNotUpdatedLately_ActivatesNoGrain()
    {
        var tags = Enumerable.Range(0, 20).Select(i => $"rare:{i}").ToArray();
        foreach (var updater in cluster.Everyone)
        {
            foreach (var tag in tags)
            {
                await Update(updater, tag);
            }
        }

        var active = await cluster.Orleans.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        Assert.NotEmpty(active);
        Assert.DoesNotContain(active, grain => tags.Any(tag => grain.GrainId.Key.ToString()!.EndsWith(tag, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task UpdateTags_OfSeveralTags_ExpiresTheDependentsOfEach()
    {
        await cluster.Client.SetAsync("multi:a", 1, new() { Tags = ["multi-a"] });
        await cluster.Client.SetAsync("multi:b", 1, new() { Tags = ["multi-b"] });
        await cluster.Client.SetAsync("multi:c", 1, new() { Tags = ["multi-c"] });

        using (ServerAction.Begin())
        {
            await cluster.Silos[1].UpdateTagsAsync(["multi-a", "multi-b"]);
        }

        Assert.False((await cluster.Silos[0].TryGetAsync<int>("multi:a")).HasValue);
        Assert.False((await cluster.Silos[2].TryGetAsync<int>("multi:b")).HasValue);
        Assert.True((await cluster.Silos[2].TryGetAsync<int>("multi:c")).HasValue);
    }

    [Fact]
    public async Task UpdateTag_OfEverything_ExpiresEveryEntry()
    {
        await cluster.Client.SetAsync("everything:1", 1, new() { Tags = ["some"] });
        await cluster.Client.SetAsync("everything:2", 2);

        await Update(cluster.Client, "*");

        Assert.False((await cluster.Client.TryGetAsync<int>("everything:1")).HasValue);
        Assert.False((await cluster.Client.TryGetAsync<int>("everything:2")).HasValue);
    }

    [Fact]
    public async Task UpdateTag_DiffersByCase_LeavesTheOtherTagAlone()
    {
        await cluster.Client.SetAsync("case:1", 1, new() { Tags = ["Case"] });

        await Update(cluster.Client, "case");
        Assert.True((await cluster.Client.TryGetAsync<int>("case:1")).HasValue);

        await Update(cluster.Client, "Case");
        Assert.False((await cluster.Client.TryGetAsync<int>("case:1")).HasValue);
    }

    [Fact]
    public async Task SetAndRemove_WhenReturned_LeaveNoEarlierValueAnywhere()
    {
        for (var round = 1; round <= 50; round++)
        {
            await cluster.Everyone[round % 4].SetAsync("strict-set", round);
            foreach (var reader in cluster.Everyone)
            {
                Assert.Equal(round, (await reader.TryGetAsync<int>("strict-set")).Value);
            }
        }

        await cluster.Silos[2].RemoveAsync("strict-set");
        foreach (var reader in cluster.Everyone)
        {
            Assert.False((await reader.TryGetAsync<int>("strict-set")).HasValue);
        }
    }

    [Fact]
    public async Task Set_ManyAtOnce_LeavesOneOfTheValues()
    {
        for (var round = 0; round < 20; round++)
        {
            var values = Enumerable.Range(round * 100, 16).ToArray();
            await Task.WhenAll(values.Select(value => cluster.Everyone[value % 4].SetAsync("contended", value).AsTask()));

            Assert.Contains((await cluster.Client.TryGetAsync<int>("contended")).Value, values);
        }
    }

    private static async Task<int> Read(ITagCache cache, string key, string tag, Func<int> source) =>
        await cache.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(source()), new() { Tags = [tag] });

    private static async Task Update(ITagCache cache, string tag)
    {
        using (ServerAction.Begin())
        {
            await cache.UpdateTagAsync(tag);
        }
    }
}
