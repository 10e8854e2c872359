using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>What a factory or the options do not want stored is for those who wait for it, and for nobody else.</summary>
[Collection(ClusterCollection.Name)]
public sealed class UnstoredTests(TagCacheCluster cluster)
{
    private static readonly CacheEntryOptions NoNull = new() { StoreNull = false, Tags = ["unstored"] };

    public static TheoryData<int> Processes => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task DoNotStore_GivesTheValueToItsReader_AndStoresNothing(int process)
    {
        var key = $"unstored:{process}";
        Assert.Equal("first", await cluster.Everyone[process].GetOrCreateAsync(key, (context, _) => Unstored(context, "first")));

        foreach (var cache in cluster.Everyone)
        {
            Assert.False((await cache.TryGetAsync<string>(key)).HasValue);
            Assert.Equal("next", await cache.GetOrCreateAsync(key, (context, _) => Unstored(context, "next")));
        }

        // It is the value that was not for storing, not the key.
        Assert.Equal("stored", await cluster.Client.GetOrCreateAsync(key, (_, _) => new ValueTask<string>("stored")));
        Assert.Equal("stored", await cluster.Silos[0].GetOrCreateAsync(key, (_, _) => new ValueTask<string>("other")));
    }

    [Fact]
    public async Task Null_IsStored_UnlessTheOptionsSayNo()
    {
        Assert.Null(await cluster.Client.GetOrCreateAsync("null:stored", (_, _) => new ValueTask<string?>((string?)null)));
        Assert.True((await cluster.Silos[0].TryGetAsync<string?>("null:stored")).HasValue);

        Assert.Null(await cluster.Client.GetOrCreateAsync("null:not", (_, _) => new ValueTask<string?>((string?)null), NoNull));
        Assert.False((await cluster.Silos[0].TryGetAsync<string?>("null:not")).HasValue);
        Assert.Equal("found", await cluster.Client.GetOrCreateAsync("null:not", (_, _) => new ValueTask<string?>("found"), NoNull));
        Assert.Equal("found", (await cluster.Silos[0].TryGetAsync<string?>("null:not")).Value);
    }

    /// <summary>They came to another process while the factory ran: they wait neither for its value nor for each other.</summary>
    [Fact]
    public async Task DoNotStore_WaitersOfOtherProcesses_MakeTheirOwn_AtOnce()
    {
        var first = new HeldFactory<string>("first");
        var read = cluster.Client.GetOrCreateAsync("unstored:waiters", async (context, token) =>
        {
            context.DoNotStore();
            return await first.Invoke(token);
        }).AsTask();
        await first.Started;

        // Two of three may wait for each other, if any do: each factory ends when all three run.
        var running = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiters = cluster.Silos.Select((silo, i) => silo.GetOrCreateAsync("unstored:waiters", async (context, token) =>
        {
            context.DoNotStore();
            if (Interlocked.Increment(ref running) == cluster.Silos.Length)
            {
                all.TrySetResult();
            }

            await all.Task.WaitAsync(token);
            return $"of {i}";
        }).AsTask()).ToArray();
        first.Release();

        Assert.Equal("first", await read.Soon("the first reader"));
        Assert.Equal(cluster.Silos.Select((_, i) => $"of {i}"), await Task.WhenAll(waiters).Soon("the waiters"));
    }

    [Fact]
    public async Task DoNotStore_OfARefresh_LeavesTheStaleValue()
    {
        await cluster.Client.SetAsync("unstored:stale", "old", new() { Tags = ["unstored-stale"] });
        await cluster.Client.RevalidateTagAsync("unstored-stale", CacheLife.Max);

        Assert.Equal("new", await cluster.Silos[0].GetOrCreateAsync("unstored:stale", (context, _) => Unstored(context, "new")));
        var found = await cluster.Silos[1].TryGetAsync<string>("unstored:stale");
        Assert.Equal(("old", true), (found.Value, found.IsStale));

        // The rule of stale values holds for it as for any other: nothing that an update expired is served.
        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("unstored-stale");
        }

        Assert.False((await cluster.Silos[1].TryGetAsync<string>("unstored:stale")).HasValue);
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task DoNotStore_OfAnInnerEntry_KeepsTheOuterOneFromBeingStored(int process)
    {
        var cache = cluster.Everyone[process];
        var (inner, outer, many) = ($"unstored:inner:{process}", $"unstored:outer:{process}", $"unstored:many:{process}");
        Assert.Equal("none", await cache.GetOrCreateAsync(outer, async (_, token) =>
            await cache.GetOrCreateAsync(inner, (_, _) => new ValueTask<string?>((string?)null), NoNull, token) ?? "none"));
        await cache.GetOrCreateManyAsync<string>([many, $"{many}:2"], async (entries, token) =>
        {
            await cache.GetOrCreateAsync(inner, (context, _) => Unstored(context, "inner"), cancellationToken: token);
            return entries.Keys.ToDictionary(key => key, key => "of inner");
        });

        foreach (var reader in cluster.Everyone)
        {
            Assert.Empty(await reader.GetManyAsync<string>([inner, outer, many, $"{many}:2"]));
        }
    }

    [Fact]
    public async Task DoNotStore_OfOneOfMany_IsOfThatOneAlone()
    {
        var values = await cluster.Client.GetOrCreateManyAsync(
            ["unstored:a", "unstored:b", "unstored:c"],
            (entries, _) =>
            {
                entries["unstored:b"].DoNotStore();
                return new ValueTask<Dictionary<string, string?>>(entries.Keys.ToDictionary(key => key, key => key == "unstored:c" ? null : "value"));
            },
            _ => NoNull);

        Assert.Equal(["unstored:a", "unstored:b", "unstored:c"], values.Keys.Order());
        Assert.Equal(["unstored:a"], (await cluster.Silos[0].GetManyAsync<string>([.. values.Keys])).Keys);
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task SetOfNull_ThatIsNotForStoring_RemovesTheEntry(int process)
    {
        var cache = cluster.Everyone[process];
        var keys = new[] { "null:set", "null:set:2" };
        await cluster.Client.SetManyAsync([.. keys.Select(key => KeyValuePair.Create(key, "old"))]);
        Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<string>(keys).AsTask())), found => Assert.Equal(2, found.Count));

        await cache.SetAsync<string?>(keys[0], null, NoNull);
        Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<string>(keys).AsTask())), found => Assert.Equal([keys[1]], found.Keys));

        await cache.SetManyAsync<string?>([.. keys.Select(key => KeyValuePair.Create(key, (string?)null))], _ => NoNull);
        Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<string>(keys).AsTask())), Assert.Empty);
        await Assert.ThrowsAsync<ArgumentException>(async () => await cache.SetAsync<string?>(keys[0], null, new() { StoreNull = false, Tags = ["*"] }));
    }

    [Fact]
    public async Task DoNotStore_AfterTheFactory_Throws()
    {
        CacheContext? kept = null;
        await cluster.Client.GetOrCreateAsync("unstored:ended", (context, _) => new ValueTask<int>((kept = context) is null ? 0 : 1));
        Assert.Throws<InvalidOperationException>(kept!.DoNotStore);
    }

    /// <summary>The life that is decided from the value is the entry's, where the options say none.</summary>
    [Fact]
    public async Task Life_IsDecidedFromTheValue()
    {
        Assert.Equal(7, await cluster.Client.GetOrCreateAsync("life:one", async (context, _) =>
        {
            var value = await Task.FromResult(7);
            context.Life(CacheLife.For(TimeSpan.FromDays(value)));
            return value;
        }));
        Assert.Equal(TimeSpan.FromDays(7), (await cluster.Silos[0].TryGetAsync<int>("life:one")).Life!.Expire);

        await cluster.Client.GetOrCreateManyAsync(["life:2", "life:3"], (entries, _) =>
        {
            var values = entries.Keys.ToDictionary(key => key, key => int.Parse(key.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture));
            foreach (var (key, value) in values)
            {
                entries[key].Life(CacheLife.For(TimeSpan.FromDays(value)));
            }

            return new ValueTask<Dictionary<string, int>>(values);
        });
        foreach (var days in (int[])[2, 3])
        {
            Assert.Equal(TimeSpan.FromDays(days), (await cluster.Silos[1].TryGetAsync<int>($"life:{days}")).Life!.Expire);
        }

        // An outer life that was decided afterwards is limited by the inner ones all the same.
        await cluster.Client.GetOrCreateAsync("life:outer", async (context, token) =>
        {
            var value = await cluster.Client.GetOrCreateAsync("life:2", (_, _) => new ValueTask<int>(0), cancellationToken: token);
            context.Life(CacheLife.For(TimeSpan.FromDays(30)));
            return value;
        });
        Assert.InRange((await cluster.Silos[0].TryGetAsync<int>("life:outer")).Life!.Expire, TimeSpan.FromDays(1), TimeSpan.FromDays(2));
    }

    private static ValueTask<string> Unstored(CacheContext context, string value)
    {
        context.DoNotStore();
        return new(value);
    }
}
