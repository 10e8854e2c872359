using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A factory that says that its source has not changed: the value lives on, and is as strict as one that was generated then.</summary>
[Collection(ClusterCollection.Name)]
public sealed class NotModifiedTests(TagCacheCluster cluster)
{
    /// <summary>Stale before a call that stores it returns.</summary>
    private static readonly CacheLife StaleAtOnce = new(TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromDays(1));

    private static readonly CacheEntryOptions Options = new() { NearCache = NearCacheMode.Off };

    public static TheoryData<int> Processes => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task NotModified_KeepsTheValueAndItsTags_AndBeginsItsLifeAgain(int process)
    {
        var (cache, key) = (cluster.Everyone[process], $"unmodified:{process}");
        await Stale(cache, key, "first", "of-the-first", key);
        Assert.Equal("first", await cache.GetOrCreateAsync(key, (context, _) =>
        {
            Assert.True(context.TryGetStale<string>(out var old));
            Assert.Equal(old, context.NotModified<string>());
            context.Tag("of-the-second");
            context.Life(CacheLife.Hours);
            return new ValueTask<string>("ignored");
        }));

        foreach (var reader in cluster.Everyone)
        {
            var found = await reader.TryGetAsync<string>(key);
            Assert.Equal(("first", false, CacheLife.Hours.ToString()), (found.Value, found.IsStale, found.Life!.ToString()));
            Assert.Equal(new[] { "of-the-first", "of-the-second", key }.Order(StringComparer.Ordinal), found.Tags!.Order(StringComparer.Ordinal));
        }

        using (ServerAction.Begin())
        {
            await cluster.Silos[1].UpdateTagAsync(key);
        }

        foreach (var reader in cluster.Everyone)
        {
            Assert.False((await reader.TryGetAsync<string>(key)).HasValue);
        }
    }

    /// <summary>Kept or not, a value counts as made when its factory began: what was updated since is newer.</summary>
    [Theory]
    [MemberData(nameof(Processes))]
    public async Task NotModified_OvertakenByAnUpdateOfAFormerTag_KeepsNothing(int process)
    {
        var (cache, key) = (cluster.Everyone[process], $"unmodified:overtaken:{process}");
        await Stale(cache, key, "old", key);
        var run = new HeldFactory<string>("old");
        var read = cache.GetOrCreateAsync(key, async (context, token) =>
        {
            context.NotModified<string>();
            return await run.Invoke(token);
        }).AsTask();
        await run.Started;
        using (ServerAction.Begin())
        {
            await cluster.Silos[2].UpdateTagAsync(key);
        }

        run.Release();
        await read;
        foreach (var reader in cluster.Everyone)
        {
            Assert.False((await reader.TryGetAsync<string>(key)).HasValue);
        }
    }

    [Fact]
    public async Task AfterAnUpdate_ThereIsNothingToKeep()
    {
        await Stale(cluster.Client, "unmodified:updated", "old", "unmodified-updated");
        using (ServerAction.Begin())
        {
            await cluster.Silos[0].UpdateTagAsync("unmodified-updated");
        }

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await cluster.Client.GetOrCreateAsync("unmodified:updated", (context, _) => new ValueTask<string>(context.NotModified<string>()), Options));
    }

    [Fact]
    public async Task OfAnotherType_SaysSo()
    {
        await Stale(cluster.Client, "unmodified:type", "old", "unmodified-type");
        await cluster.Client.GetOrCreateAsync(
            "unmodified:type",
            (context, _) =>
            {
                var fault = Assert.Throws<InvalidOperationException>(() => context.NotModified<int>());
                Assert.Contains("System.Int32", fault.Message, StringComparison.Ordinal);
                return new ValueTask<string>("new");
            },
            Options);
        Assert.Equal("new", (await cluster.Silos[0].TryGetAsync<string>("unmodified:type")).Value);
    }

    /// <summary>Past its life, and kept for fail-safe: the source may say that it has not changed. Inside a factory such a value counts as missing all the same.</summary>
    [Fact]
    public async Task PastItsLife_AValueKeptForFailSafe_MayBeKept()
    {
        var options = new CacheEntryOptions { Life = CacheLife.For(TimeSpan.FromTicks(1)), FailSafe = TimeSpan.FromHours(1), Tags = ["unmodified-past"], NearCache = NearCacheMode.Off };
        await cluster.Client.GetOrCreateAsync("unmodified:past", (_, _) => new ValueTask<string>("old"), options);
        Assert.False((await cluster.Client.TryGetAsync<string>("unmodified:past")).HasValue);

        var ranFor = "nothing";
        Assert.Equal("old", await cluster.Silos[0].GetOrCreateAsync("unmodified:past", (context, _) => new ValueTask<string>(ranFor = context.NotModified<string>()), new() { Life = CacheLife.Hours, NearCache = NearCacheMode.Off }));
        Assert.Equal("old", ranFor);
        Assert.Equal("old", (await cluster.Silos[1].TryGetAsync<string>("unmodified:past")).Value);
    }

    /// <summary>The bytes as they are stored: what a factory does with the object that it got is no part of the entry.</summary>
    [Fact]
    public async Task NotModified_IgnoresWhatTheFactoryDoesWithTheValue()
    {
        await Stale(cluster.Client, "unmodified:list", new List<int> { 1, 2 }, "unmodified-list");
        var read = await cluster.Client.GetOrCreateAsync(
            "unmodified:list",
            (context, _) =>
            {
                var kept = context.NotModified<List<int>>();
                kept.Add(3);
                return new ValueTask<List<int>>(kept);
            },
            Options);

        Assert.Equal([1, 2], read);
        Assert.Equal([1, 2], (await cluster.Silos[0].TryGetAsync<List<int>>("unmodified:list")).Value);
    }

    [Fact]
    public async Task OneOfMany_IsKept_WhetherTheFactoryGivesAValueOrNot()
    {
        var keys = new[] { "unmodified:a", "unmodified:b", "unmodified:c" };
        foreach (var key in keys[..2])
        {
            await Stale(cluster.Client, key, $"old {key}", "unmodified-many");
        }

        var values = await cluster.Client.GetOrCreateManyAsync(
            keys,
            (entries, _) =>
            {
                foreach (var key in entries.Keys.Where(key => entries[key].TryGetStale<string>(out var _)))
                {
                    entries[key].NotModified<string>();
                }

                return new ValueTask<Dictionary<string, string>>(new Dictionary<string, string> { [keys[1]] = "ignored", [keys[2]] = "new" });
            },
            _ => Options);

        Assert.Equal([$"old {keys[0]}", $"old {keys[1]}", "new"], keys.Select(key => values[key]));
        Assert.All((await cluster.Silos[0].GetManyAsync<string>(keys)).Values, found => Assert.False(found.IsStale));
    }

    /// <summary>A hold of a former tag refuses what is kept, as it refuses what is made.</summary>
    [Fact]
    public async Task NotModified_WhileAFormerTagIsHeld_IsNotStored()
    {
        await Stale(cluster.Client, "unmodified:held", "old", "unmodified-held");
        var run = new HeldFactory<string>("old");
        var read = cluster.Client.GetOrCreateAsync(
            "unmodified:held",
            async (context, token) =>
            {
                context.NotModified<string>();
                return await run.Invoke(token);
            },
            Options).AsTask();
        await run.Started;
        using (ServerAction.Begin())
        {
            await using var hold = await cluster.Silos[0].HoldAsync(["unmodified-held"]);
            run.Release();
            await read;
            Assert.False((await cluster.Silos[1].TryGetAsync<string>("unmodified:held")).HasValue);
            await hold.ReleaseAsync();
        }

        Assert.False((await cluster.Silos[1].TryGetAsync<string>("unmodified:held")).HasValue);
    }

    [Fact]
    public async Task NotModified_ThatIsNotForStoring_LeavesTheStaleValue()
    {
        await Stale(cluster.Client, "unmodified:unstored", "old", "unmodified-unstored");
        await cluster.Client.GetOrCreateAsync(
            "unmodified:unstored",
            (context, _) =>
            {
                context.DoNotStore();
                return new ValueTask<string>(context.NotModified<string>());
            },
            Options);
        Assert.True((await cluster.Silos[0].TryGetAsync<string>("unmodified:unstored")).IsStale);
    }

    private static async Task Stale<T>(ITagCache cache, string key, T value, params string[] tags)
    {
        await cache.GetOrCreateAsync(
            key,
            (context, _) =>
            {
                context.Tag(tags);
                return new ValueTask<T>(value);
            },
            new() { Life = StaleAtOnce, NearCache = NearCacheMode.Off });
        Assert.True((await cache.TryGetAsync<T>(key)).IsStale);
    }
}
