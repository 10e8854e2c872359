using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Many entries in one call: each with its own tags, life and single flight, and one call of the factory for all that are missing.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ManyEntriesTests(TagCacheCluster cluster)
{
    public static TheoryData<int> Processes => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task GetMany_GivesWhatThereIs_OnceEach(int process)
    {
        var cache = cluster.Everyone[process];
        var keys = Keys($"get{process}", 100);
        await cluster.Client.SetManyAsync([.. keys[..60].Select((key, i) => KeyValuePair.Create(key, i))]);

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var found = await cache.GetManyAsync<int>([.. keys, .. keys]);

            Assert.Equal(keys[..60].Order(), found.Keys.Order());
            Assert.All(keys[..60].Select((key, i) => (key, i)), pair => Assert.Equal(pair.i, found[pair.key].Value));
        }
    }

    [Fact]
    public async Task GetMany_AfterAnUpdate_GivesNoOldValue()
    {
        foreach (var (cache, i) in cluster.Everyone.Select((cache, i) => (cache, i)))
        {
            var keys = Keys($"updated{i}", 50);
            await cache.SetManyAsync([.. keys.Select(key => KeyValuePair.Create(key, "old"))], key => new() { Tags = [$"many{i}", $"own-{key}"] });
            Assert.Equal(50, (await cache.GetManyAsync<string>(keys)).Count);

            using (ServerAction.Begin())
            {
                await cluster.Client.UpdateTagAsync($"own-{keys[7]}");
            }

            Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<string>(keys).AsTask())), found => Assert.Equal(keys.Except([keys[7]]).Order(), found.Keys.Order()));

            await cluster.Client.RevalidateTagAsync($"many{i}");
            Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<string>(keys).AsTask())), Assert.Empty);
        }
    }

    [Fact]
    public async Task GetMany_OfStaleEntries_SaysSo()
    {
        var keys = Keys("stale", 3);
        await cluster.Client.SetManyAsync([.. keys.Select(key => KeyValuePair.Create(key, 1))], _ => new() { Tags = ["many-stale"] });
        await cluster.Silos[0].RevalidateTagAsync("many-stale", CacheLife.Max);

        Assert.All((await cluster.Silos[1].GetManyAsync<int>(keys)).Values, result => Assert.True(result.IsStale));
    }

    [Fact]
    public async Task GetOrCreateMany_CallsTheFactoryOnce_ForAllThatAreMissing()
    {
        var keys = Keys("create", 100);
        await cluster.Silos[2].SetManyAsync([.. keys[..40].Select(key => KeyValuePair.Create(key, "there"))]);
        List<string[]> calls = [];

        var values = await cluster.Client.GetOrCreateManyAsync(keys, (context, _) =>
        {
            calls.Add([.. context.Keys.Order()]);
            return Made(context.Keys.ToDictionary(key => key, key => $"made {key}"));
        });

        Assert.Equal(keys[40..].Order(), Assert.Single(calls));
        Assert.Equal(keys.Order(), values.Keys.Order());
        Assert.All(keys[..40], key => Assert.Equal("there", values[key]));
        Assert.All(keys[40..], key => Assert.Equal($"made {key}", values[key]));
        Assert.Equal(100, (await cluster.Silos[0].GetManyAsync<string>(keys)).Count);
    }

    [Fact]
    public async Task GetOrCreateMany_GivesEachEntryItsOwnTags()
    {
        var keys = Keys("tags", 4);
        await cluster.Client.GetOrCreateManyAsync(
            keys,
            (context, _) =>
            {
                context[keys[0]].Tag("said-inside");
                return Made(context.Keys.ToDictionary(key => key, _ => 1));
            },
            key => new() { Tags = [$"own-{key}"] });

        await cluster.Client.RevalidateTagAsync("said-inside");
        await cluster.Client.RevalidateTagAsync($"own-{keys[1]}");

        Assert.Equal(keys[2..].Order(), (await cluster.Silos[0].GetManyAsync<int>(keys)).Keys.Order());
    }

    /// <summary>What the factory reads, all that it makes depends on.</summary>
    [Fact]
    public async Task GetOrCreateMany_OfWhatWasMadeFromAnotherEntry_FallsWithIt()
    {
        var keys = Keys("nested", 3);
        var cache = cluster.Client;
        await cache.GetOrCreateManyAsync(keys, async (context, token) =>
        {
            var inner = await cache.GetOrCreateAsync("many-inner", (_, _) => new ValueTask<int>(1), new() { Tags = ["many-inner"] }, token);
            return context.Keys.ToDictionary(key => key, _ => inner);
        });
        Assert.Equal(3, (await cache.GetManyAsync<int>(keys)).Count);

        await cache.RevalidateTagAsync("many-inner");

        Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<int>(keys).AsTask())), Assert.Empty);
    }

    [Fact]
    public async Task GetOrCreateMany_WhoseFactoryAsksForOneOfItsKeys_Throws()
    {
        var keys = Keys("own", 3);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetOrCreateManyAsync(keys, async (context, token) =>
        {
            await cluster.Client.GetOrCreateAsync(keys[1], (_, _) => new ValueTask<int>(1), cancellationToken: token);
            return context.Keys.ToDictionary(key => key, _ => 1);
        }).AsTask());
    }

    [Fact]
    public async Task GetOrCreateMany_WhatTheFactoryLeavesOut_IsNotThereAndNotStored()
    {
        var keys = Keys("absent", 3);

        var values = await cluster.Client.GetOrCreateManyAsync(keys, (_, _) => Made(new Dictionary<string, int> { [keys[0]] = 1, ["not-asked-for"] = 2 }));

        Assert.Equal([keys[0]], values.Keys);
        Assert.Equal([keys[0]], (await cluster.Silos[1].GetManyAsync<int>([.. keys, "not-asked-for"])).Keys);
        Assert.Equal(9, await cluster.Silos[1].GetOrCreateAsync(keys[1], (_, _) => new ValueTask<int>(9)));
    }

    /// <summary>A caller of the one key, in this process and in another, waits for what the many make; and the many for theirs.</summary>
    [Fact]
    public async Task GetOrCreateMany_BesideOtherCallers_MakesEachKeyOnce()
    {
        foreach (var (other, i) in new[] { cluster.Client, cluster.Silos[1] }.Select((cache, i) => (cache, i)))
        {
            var keys = Keys($"beside{i}", 3);
            var single = new HeldFactory<int>(1);
            var first = other.GetOrCreateAsync(keys[0], (_, token) => single.Invoke(token)).AsTask();
            await single.Started;
            var many = new HeldFactory<Dictionary<string, int>>(keys.ToDictionary(key => key, _ => 2));
            List<string> asked = [];
            var all = cluster.Client.GetOrCreateManyAsync(keys, (context, token) =>
            {
                asked.AddRange(context.Keys);
                return many.Invoke(token);
            }).AsTask();
            await many.Started;
            var joined = other.GetOrCreateAsync(keys[2], (_, _) => new ValueTask<int>(3)).AsTask();

            many.Release();
            Assert.Equal(2, await joined);
            single.Release();

            var values = await all;
            Assert.Equal((1, 2, 2), (values[keys[0]], values[keys[1]], values[keys[2]]));
            Assert.Equal(1, await first);
            Assert.Equal(keys[1..].Order(), asked.Order());
        }
    }

    [Fact]
    public async Task GetOrCreateMany_WhenAnotherCallerFails_MakesItsKeyAfterAll()
    {
        var keys = Keys("fails", 2);
        var single = new HeldFactory<int>(0);
        var first = cluster.Silos[0].GetOrCreateAsync<int>(keys[0], async (_, token) =>
        {
            await single.Invoke(token);
            throw new FormatException();
        }).AsTask();
        await single.Started;
        var isAsked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = 0;
        var all = cluster.Client.GetOrCreateManyAsync(keys, (context, _) =>
        {
            Interlocked.Increment(ref runs);
            isAsked.TrySetResult();
            return Made(context.Keys.ToDictionary(key => key, _ => 2));
        }).AsTask();
        await isAsked.Task.Soon("the factory to be asked");
        single.Release();

        await Assert.ThrowsAsync<FormatException>(() => first);
        Assert.Equal([2, 2], (await all).Values);
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task GetOrCreateMany_WhoseFactoryThrows_ThrowsThatAndLeavesNothingBehind()
    {
        var keys = Keys("throws", 5);
        Assert.Equal("of the factory", (await Assert.ThrowsAsync<FormatException>(() =>
            cluster.Client.GetOrCreateManyAsync<int>(keys, (_, _) => throw new FormatException("of the factory")).AsTask())).Message);

        Assert.Empty(await cluster.Silos[0].GetManyAsync<int>(keys));
        Assert.Equal(5, (await cluster.Silos[0].GetOrCreateManyAsync(keys, (context, _) => Made(context.Keys.ToDictionary(key => key, _ => 1)))).Count);
    }

    [Fact]
    public async Task GetOrCreateMany_Cancelled_CancelsTheFactory()
    {
        var keys = Keys("cancelled", 3);
        var run = new HeldFactory<Dictionary<string, int>>(new Dictionary<string, int>());
        var isCancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cancellation = new CancellationTokenSource();
        var all = cluster.Client.GetOrCreateManyAsync(
            keys,
            async (_, token) =>
            {
                using var _1 = token.Register(isCancelled.SetResult);
                return await run.Invoke(token);
            },
            cancellationToken: cancellation.Token).AsTask();
        await run.Started;

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        await isCancelled.Task.Soon("the factory to be cancelled");
    }

    [Fact]
    public async Task GetOrCreateMany_UpdatedDuringTheFactory_StoresNothingOfIt()
    {
        var keys = Keys("overtaken", 3);
        var run = new HeldFactory<Dictionary<string, int>>(keys.ToDictionary(key => key, _ => 1));
        var all = cluster.Client.GetOrCreateManyAsync(keys, (_, token) => run.Invoke(token), key => new() { Tags = [$"own-{key}"] }).AsTask();
        await run.Started;
        await cluster.Silos[0].RevalidateTagAsync($"own-{keys[1]}");
        run.Release();

        Assert.Equal(3, (await all).Count);
        Assert.Equal(new[] { keys[0], keys[2] }.Order(), (await cluster.Silos[1].GetManyAsync<int>(keys)).Keys.Order());
    }

    [Fact]
    public async Task Many_WithBadInput_SayWhat()
    {
        var cache = cluster.Client;
        var tooMany = Keys("too-many", NameLimits.KeysPerCall + 1);
        Assert.Contains("at most 512 keys; this one names 513", (await Assert.ThrowsAsync<ArgumentException>(() => cache.GetManyAsync<int>(tooMany).AsTask())).Message, StringComparison.Ordinal);
        Assert.Equal(512, (await cache.GetOrCreateManyAsync(tooMany[1..], (context, _) => Made(context.Keys.ToDictionary(key => key, _ => 1)))).Count);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cache.GetManyAsync<int>(["good", ""]).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cache.GetManyAsync<int>(null!).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cache.GetOrCreateManyAsync<int>(["good", "\n"], (_, _) => throw new FormatException()).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cache.GetOrCreateManyAsync<int>(["many-bad"], (_, _) => throw new FormatException(), _ => new() { Tags = ["*"] }).AsTask());
        Assert.Contains("named once", (await Assert.ThrowsAsync<ArgumentException>(() => cache.SetManyAsync<int>([new("many-twice", 1), new("many-twice", 2)]).AsTask())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cache.SetManyAsync<int>([new("many-first", 1), new("many-second", 2)], key => key == "many-second" ? new() { Tags = [""] } : null).AsTask());
        Assert.Empty(await cache.GetManyAsync<int>(["many-first", "many-twice"]));
        Assert.Empty(await cache.GetManyAsync<int>([]));
        Assert.Empty(await cache.GetOrCreateManyAsync<int>([], (_, _) => throw new FormatException()));
        await cache.SetManyAsync<int>([]);
    }

    private static string[] Keys(string name, int count) => [.. Enumerable.Range(0, count).Select(i => $"many-{name}:{i}")];

    private static ValueTask<Dictionary<string, T>> Made<T>(Dictionary<string, T> values) => new(values);
}
