using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The promise of a hold: from the moment of the change on, and not only from the return of a call, no process reads what was made before it.</summary>
[Collection(ClusterCollection.Name)]
public sealed class HoldTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task Change_UnderAHoldOfAnyProcess_IsSeenByEveryProcessAtOnce()
    {
        var source = 0;
        foreach (var holder in cluster.Everyone)
        {
            foreach (var reader in cluster.Everyone)
            {
                await Read(reader, "hold:1", "hold", () => source);
            }

            var hold = await Hold(holder, "hold", "hold-another");
            var version = ++source;

            foreach (var reader in cluster.Everyone)
            {
                Assert.Equal((version, version), (await Read(reader, "hold:1", "hold", () => source), await Read(reader, "hold:1", "hold", () => source)));
                Assert.False((await reader.TryGetAsync<int>("hold:1")).HasValue);
            }

            Assert.True(hold.IsHeld);
            Assert.True(await hold.ReleaseAsync());
        }
    }

    /// <summary>The floor of a reader is what had been committed when it began, whether or not any call of its writer has returned since.</summary>
    [Fact]
    public async Task Changes_UnderHolds_WithConcurrentReads_AreNeverHidden()
    {
        var source = 0;
        var readers = cluster.Everyone.SelectMany(cache => Enumerable.Range(0, 4).Select(i => (Func<int, Task>)(async _ =>
        {
            var floor = Volatile.Read(ref source);
            var seen = await Read(cache, $"hold-storm:{i}", "hold-storm", () => Volatile.Read(ref source));
            Assert.True(seen >= floor, $"Read {seen} after {floor} had been committed.");
        })));

        var reads = await Waits.While(
            async () =>
            {
                for (var version = 1; version <= 100; version++)
                {
                    await using var hold = await Hold(cluster.Everyone[version % cluster.Everyone.Length], "hold-storm");
                    Assert.True(hold.IsHeld);
                    Volatile.Write(ref source, version);
                    Assert.True(await hold.ReleaseAsync());
                }
            },
            readers);

        Assert.All(reads, count => Assert.True(count > 0));
    }

    [Fact]
    public async Task Release_LetsValuesBeStoredAgain_InEveryProcess()
    {
        var runs = 0;
        var hold = await Hold(cluster.Silos[1], "hold-again");
        await ReadAll();
        Assert.Equal(cluster.Everyone.Length, runs);
        Assert.True(await hold.ReleaseAsync());
        await cluster.NothingIsHeld();

        await ReadAll();
        await ReadAll();

        Assert.Equal(cluster.Everyone.Length + 1, runs);

        async Task ReadAll()
        {
            foreach (var reader in cluster.Everyone)
            {
                await Read(reader, "hold-again:1", "hold-again", () => ++runs);
            }
        }
    }

    private static ValueTask<int> Read(ITagCache cache, string key, string tag, Func<int> source) =>
        cache.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(source()), new() { Tags = [tag] });

    private static async Task<ITagHold> Hold(ITagCache cache, params string[] tags)
    {
        using var action = ServerAction.Begin();
        return await cache.HoldAsync(tags);
    }
}
