using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Updates of all of several tags, from every process, over entries that every process keeps.</summary>
[Collection(ClusterCollection.Name)]
public sealed class UpdateAllTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task UpdateTags_OfAll_WhenReturned_HasEndedExactlyWhatBearsThem_InEveryProcess()
    {
        foreach (var (updater, round) in cluster.Everyone.Select((cache, i) => (cache, i)))
        {
            var made = new Made();
            string[] keys = [.. Enumerable.Range(0, 12).Select(i => $"all:{round}:{i}")];
            foreach (var key in keys)
            {
                // Twice: the second time it is kept near.
                foreach (var reader in cluster.Everyone.Concat(cluster.Everyone))
                {
                    Assert.Equal($"{key} 1", await Read(reader, key, made));
                }
            }

            await UpdateAll(updater, $"all-red:{round}", $"all-large:{round}");

            foreach (var reader in cluster.Everyone)
            {
                foreach (var key in keys)
                {
                    // A third of them bear both.
                    Assert.Equal($"{key} {(Number(key) % 3 == 0 ? 2 : 1)}", await Read(reader, key, made));
                }
            }
        }

        ValueTask<string> Read(ITagCache cache, string key, Made made) => cache.GetOrCreateAsync(key, (_, _) => new ValueTask<string>(made.Make(key)), new() { Tags = TagsOf(key) });
    }

    [Fact]
    public async Task UpdateTags_OfAll_WhileGenerating_DropsTheValueThatLearnsOfTheSecondTagAtItsEnd()
    {
        foreach (var (generator, i) in cluster.Everyone.Select((cache, i) => (cache, i)))
        {
            var key = $"all-late:{i}";
            var run = new HeldFactory<string>("old");
            var reader = generator.GetOrCreateAsync(
                key,
                async (context, token) =>
                {
                    var value = await run.Invoke(token);
                    context.Tag($"all-late-b:{i}");
                    return value;
                },
                new() { Tags = [$"all-late-a:{i}"] }).AsTask();
            await run.Started;

            await UpdateAll(cluster.Everyone[(i + 1) % 4], $"all-late-a:{i}", $"all-late-b:{i}");
            run.Release();

            Assert.Equal("old", await reader);
            foreach (var other in cluster.Everyone)
            {
                Assert.False((await other.TryGetAsync<string>(key)).HasValue);
            }
        }
    }

    [Fact]
    public async Task UpdateTags_OfAll_ExpiresAnEntryThatHasTheTagsFromTwoOthers_AndNotThose()
    {
        var cache = cluster.Client;
        await cache.SetAsync("all-inner:a", 1, new() { Tags = ["all-inner-a"] });
        await cache.SetAsync("all-inner:b", 1, new() { Tags = ["all-inner-b"] });
        var outer = await Outer();

        await UpdateAll(cluster.Silos[0], "all-inner-a", "all-inner-b");

        Assert.False((await cache.TryGetAsync<int>("all-outer")).HasValue);
        Assert.Equal((2, 1, 1), (outer, (await cache.TryGetAsync<int>("all-inner:a")).Value, (await cache.TryGetAsync<int>("all-inner:b")).Value));
        Assert.Equal(2, await Outer());
        Assert.True((await cluster.Silos[0].TryGetAsync<int>("all-outer")).HasValue);

        ValueTask<int> Outer() => cache.GetOrCreateAsync(
            "all-outer",
            async (_, token) => (await cache.TryGetAsync<int>("all-inner:a", token)).Value + (await cache.TryGetAsync<int>("all-inner:b", token)).Value);
    }

    [Fact]
    public async Task UpdateTags_OfAll_WithEverythingAndATagTwice_IsAnUpdateOfTheTag()
    {
        await cluster.Client.SetAsync("all-star:1", 1, new() { Tags = ["all-star"] });
        await cluster.Client.SetAsync("all-star:2", 1, new() { Tags = ["all-star-not"] });

        await UpdateAll(cluster.Client, "*", "all-star", "all-star");

        Assert.False((await cluster.Silos[0].TryGetAsync<int>("all-star:1")).HasValue);
        Assert.True((await cluster.Silos[0].TryGetAsync<int>("all-star:2")).HasValue);
    }

    [Fact]
    public async Task UpdateTags_OfAll_HasTheRulesOfAnUpdate()
    {
        var cache = cluster.Client;
        await Assert.ThrowsAsync<ServerActionRequiredException>(() => cache.UpdateTagsAsync(["a", "b"], TagMatch.All).AsTask());
        using var action = ServerAction.Begin();
        await Assert.ThrowsAsync<ArgumentException>(() => cache.UpdateTagsAsync([], TagMatch.All).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => cache.UpdateTagsAsync([.. Enumerable.Range(0, 129).Select(i => $"{i}")], TagMatch.All).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cache.UpdateTagsAsync(["a"], (TagMatch)2).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetOrCreateAsync(
            "all-rules",
            async (_, token) =>
            {
                await cache.UpdateTagsAsync(["a", "b"], TagMatch.All, token);
                return 1;
            }).AsTask());
        await cache.UpdateTagsAsync([.. Enumerable.Range(0, 128).Select(i => $"all-rules:{i}")], TagMatch.All);
    }

    [Fact]
    public async Task Entry_ThatIsMadeBesideManyUpdates_IsNeverOlderThanTheLastThatReturned()
    {
        var (version, returned) = (0, 0);
        var stop = false;
        var readers = cluster.Everyone.Select(reader => Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                var required = Volatile.Read(ref returned);
                var value = await reader.GetOrCreateAsync("all-race", (_, _) => new ValueTask<int>(Volatile.Read(ref version)), new() { Tags = ["all-race-a", "all-race-b"] });
                Assert.InRange(value, required, int.MaxValue);
            }
        })).ToArray();

        for (var i = 1; i <= 200; i++)
        {
            Volatile.Write(ref version, i);
            await UpdateAll(cluster.Everyone[i % 4], "all-race-a", "all-race-b");
            Volatile.Write(ref returned, i);
        }

        Volatile.Write(ref stop, true);
        await Task.WhenAll(readers);
    }

    private static int Number(string key) => int.Parse(key[(key.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);

    private static string[] TagsOf(string key)
    {
        var round = key.Split(':')[1];
        return (Number(key) % 3) switch
        {
            0 => [$"all-red:{round}", $"all-large:{round}"],
            1 => [$"all-red:{round}"],
            _ => [$"all-large:{round}", "all-other"],
        };
    }

    private static async Task UpdateAll(ITagCache cache, params string[] tags)
    {
        using (ServerAction.Begin())
        {
            await cache.UpdateTagsAsync(tags, TagMatch.All);
        }
    }

    /// <summary>How often each value was made.</summary>
    private sealed class Made
    {
        private readonly Dictionary<string, int> _times = [];

        public string Make(string key)
        {
            lock (_times)
            {
                return $"{key} {_times[key] = _times.GetValueOrDefault(key) + 1}";
            }
        }
    }
}
