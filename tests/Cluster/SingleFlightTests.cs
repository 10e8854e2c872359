using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>One generation a key in the whole cluster, and what happens when it fails.</summary>
[Collection(ClusterCollection.Name)]
public sealed class SingleFlightTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task GetOrCreate_By256CallersOnAllProcesses_GeneratesOnce()
    {
        var run = new HeldFactory<string>("value");
        var callers = Enumerable.Range(0, 256)
            .Select(i => cluster.Everyone[i % 4].GetOrCreateAsync("flight", (_, token) => run.Invoke(token)).AsTask())
            .ToList();
        await run.Started;
        run.Release();

        Assert.All(await Task.WhenAll(callers), value => Assert.Equal("value", value));
        Assert.Equal(1, run.Runs);
    }

    [Fact]
    public async Task GetOrCreate_FactoryThrows_TheNextWaiterGenerates()
    {
        foreach (var (waiter, i) in new[] { cluster.Client, cluster.Silos[1] }.Select((cache, i) => (cache, i)))
        {
            var key = $"flight-throws:{i}";
            var run = new HeldFactory<int>(0);
            var owner = cluster.Client.GetOrCreateAsync<int>(key, async (_, token) =>
            {
                await run.Invoke(token);
                throw new FormatException("of the factory");
            }).AsTask();
            await run.Started;
            var next = waiter.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(7)).AsTask();
            run.Release();

            Assert.Equal("of the factory", (await Assert.ThrowsAsync<FormatException>(() => owner)).Message);
            Assert.Equal(7, await next);
        }
    }

    [Fact]
    public async Task GetOrCreate_OwnerCancelled_TheNextWaiterGenerates()
    {
        foreach (var (waiter, i) in new[] { cluster.Client, cluster.Silos[1] }.Select((cache, i) => (cache, i)))
        {
            var key = $"flight-cancel:{i}";
            var run = new HeldFactory<int>(0);
            using var cancellation = new CancellationTokenSource();
            var owner = cluster.Client.GetOrCreateAsync(key, (_, token) => run.Invoke(token), null, cancellation.Token).AsTask();
            await run.Started;
            var next = waiter.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(7)).AsTask();
            await cancellation.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => owner);
            Assert.Equal(7, await next);
        }
    }

    [Fact]
    public async Task GetOrCreate_OwnerGoesAwayAndTheFactoryEndsSoon_JoinersGetItsValue()
    {
        var run = new HeldFactory<int>(5);
        using var cancellation = new CancellationTokenSource();
        var mayGoOn = new CacheEntryOptions { AllowBackgroundRefresh = true };
        var owner = cluster.Client.GetOrCreateAsync("flight-orphan", (_, token) => run.Invoke(token), mayGoOn, cancellation.Token).AsTask();
        await run.Started;
        var joiner = cluster.Client.GetOrCreateAsync("flight-orphan", (_, token) => run.Invoke(token), mayGoOn).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => owner);
        run.Release();

        Assert.Equal(5, await joiner);
        Assert.Equal(1, run.Runs);
    }

    /// <summary>What it uses has ended with its caller: who joined makes the value.</summary>
    [Fact]
    public async Task GetOrCreate_OwnerGoesAway_AFactoryOfItsScopeEndsWithIt()
    {
        var run = new HeldFactory<int>(5);
        using var cancellation = new CancellationTokenSource();
        var owner = cluster.Client.GetOrCreateAsync("flight-scope", (_, token) => run.Invoke(token), null, cancellation.Token).AsTask();
        await run.Started;
        var joiner = cluster.Client.GetOrCreateAsync("flight-scope", (_, _) => new ValueTask<int>(6)).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => owner);
        Assert.Equal(6, await joiner.Soon());
        Assert.Equal(6, (await cluster.Silos[0].TryGetAsync<int>("flight-scope")).Value);
    }

    /// <summary>One exception for all that share a run; its stack begins where the factory's ends for each of them.</summary>
    [Fact]
    public async Task GetOrCreate_FailingFactoryOf1000Callers_GivesEachAShortText()
    {
        var held = new HeldFactory<int>(0);
        var calls = Enumerable.Range(0, 1_000).Select(_ => cluster.Client.GetOrCreateAsync<int>("flight-texts", async (_, token) =>
        {
            await held.Invoke(token);
            throw new FormatException("of the factory");
        }).AsTask()).ToList();
        await held.Started;
        held.Release();

        await ((Task)Task.WhenAny(Task.WhenAll(calls))).Soon("all calls to fail");
        var longest = calls.Max(call => Assert.IsType<FormatException>(call.Exception!.InnerException).ToString().Length);
        Assert.InRange(longest, 1, 6_000);
        Assert.InRange(held.Runs, 1, 4);
    }

    /// <summary>What one process finds not to be for storing, all of the cluster makes side by side.</summary>
    [Fact]
    public async Task GetOrCreate_OfWhatIsNotForStoring_IsMadeSideBySide()
    {
        var first = new HeldFactory<byte[]>(new byte[(4 * 1024 * 1024) + 1]);
        var others = new CountdownEvent(cluster.Everyone.Length - 1);
        var allRun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = 0;
        var calls = cluster.Everyone.Select(process => process.GetOrCreateAsync("flight-large", async (_, token) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                return await first.Invoke(token);
            }

            if (others.Signal())
            {
                allRun.SetResult();
            }

            await allRun.Task.Within(TimeSpan.FromSeconds(8), "the others to run at the same time");
            return new byte[(4 * 1024 * 1024) + 1];
        }).AsTask()).ToList();
        await first.Started;
        first.Release();

        await Task.WhenAll(calls).Soon();
        Assert.Equal(cluster.Everyone.Length, runs);
    }

    /// <summary>It has waited as long as it would let its own factory run.</summary>
    [Fact]
    public async Task GetOrCreate_BesideAHungFactory_WaitsNoLongerThanItsOwnHardTimeout()
    {
        var hung = new HeldFactory<int>(1);
        var owner = cluster.Client.GetOrCreateAsync("flight-hung", (_, token) => hung.Invoke(token)).AsTask();
        await hung.Started;
        var impatient = new CacheEntryOptions { FactoryHardTimeout = TimeSpan.FromMilliseconds(300) };

        foreach (var process in new[] { cluster.Client, cluster.Silos[0] })
        {
            var reads = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => process.GetOrCreateAsync("flight-hung", (_, _) => new ValueTask<int>(2), impatient).AsTask()));
            await reads.Within(TimeSpan.FromSeconds(8), "the impatient");
            Assert.All(await reads, value => Assert.Equal(2, value));
        }

        hung.Release();
        Assert.Equal(1, await owner);
    }

    /// <summary>Nobody may believe what is being made there.</summary>
    [Theory]
    [InlineData("update")]
    [InlineData("set")]
    [InlineData("remove")]
    public async Task GetOrCreate_AfterAChange_WaitsForNoOlderFactory(string change)
    {
        var key = $"flight-overtaken:{change}";
        var options = new CacheEntryOptions { Tags = [key] };
        var hung = new HeldFactory<int>(1);
        var owner = cluster.Client.GetOrCreateAsync(key, (_, token) => hung.Invoke(token), options).AsTask();
        await hung.Started;
        await (change switch
        {
            "update" => cluster.Silos[2].RevalidateTagAsync(key),
            "set" => cluster.Silos[2].SetAsync(key, 3, options),
            _ => cluster.Silos[2].RemoveAsync(key),
        });

        foreach (var process in cluster.Everyone)
        {
            var read = process.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(3), options).AsTask();
            await read.Within(TimeSpan.FromSeconds(8), "a reader beside an older factory");
            Assert.Equal(3, await read);
        }

        hung.Release();
        Assert.Equal(1, await owner);
        Assert.Equal(3, (await cluster.Silos[1].TryGetAsync<int>(key)).Value);
    }

    /// <summary>One that fills again and joined another has got that one's value: its own factory does not run after it has returned.</summary>
    [Fact]
    public async Task Refill_ServedByTheFlightBefore_RunsNoFactory()
    {
        var cache = (TagCache)cluster.Client;
        for (var round = 0; round < 20; round++)
        {
            var (key, run) = ($"flight-refill:{round}", new HeldFactory<int>(1));
            var first = Refill(cache, key, run.Invoke);
            await run.Started;
            var isRun = false;
            var second = Refill(cache, key, _ =>
            {
                isRun = true;
                return new ValueTask<int>(2);
            });
            run.Release();

            Assert.Equal((1, 1), (await first, await second));

            // Whatever it had begun would have got to its factory by now: as many trips as that takes, twice.
            Assert.Equal(1, (await cluster.Silos[0].TryGetAsync<int>(key)).Value);
            await cache.SetAsync($"{key}:other", 1);
            Assert.Equal(1, (await cluster.Silos[0].TryGetAsync<int>(key)).Value);
            Assert.False(isRun);
        }

        static Task<int> Refill(TagCache cache, string key, Func<CancellationToken, ValueTask<int>> factory) => cache.GetOrCreateAsync(
            key, factory, static (run, _, token) => run(token), new(), ReadMode.Refill, CancellationToken.None).AsTask();
    }

    [Fact]
    public async Task GetOrCreate_JoinerCancelled_LeavesTheOthersAlone()
    {
        var run = new HeldFactory<int>(5);
        using var cancellation = new CancellationTokenSource();
        var owner = cluster.Client.GetOrCreateAsync("flight-leave", (_, token) => run.Invoke(token)).AsTask();
        await run.Started;
        var joiner = cluster.Client.GetOrCreateAsync("flight-leave", (_, token) => run.Invoke(token), null, cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joiner);
        run.Release();
        Assert.Equal(5, await owner);
        Assert.Equal(1, run.Runs);
    }

    [Fact]
    public async Task GetOrCreate_LastCallerGoesAway_CancelsTheFactory()
    {
        var cancelled = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        using var cancellation = new CancellationTokenSource();
        var owner = cluster.Client.GetOrCreateAsync<int>(
            "flight-last",
            async (_, token) =>
            {
                token.Register(cancelled.SetResult);
                started.SetResult();
                return await new TaskCompletionSource<int>().Task.WaitAsync(token);
            },
            null,
            cancellation.Token).AsTask();
        await started.Task.Soon();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => owner);
        await cancelled.Task.Soon();
        Assert.Equal(3, await cluster.Silos[0].GetOrCreateAsync("flight-last", (_, _) => new ValueTask<int>(3)));
    }

    [Fact]
    public async Task GetOrCreate_AlreadyCancelled_RunsNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cluster.Client.GetOrCreateAsync<int>(
            "flight-dead", (_, _) => throw new InvalidOperationException("must not run"), null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task GetOrCreate_OfItsOwnKeyInsideTheFactory_IsRefused()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await cluster.Client.GetOrCreateAsync(
            "flight-self",
            async (_, token) => await cluster.Client.GetOrCreateAsync("flight-self", (_, _) => new ValueTask<int>(1), null, token)));

        Assert.Contains("wait for itself", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, await cluster.Client.GetOrCreateAsync("flight-self", (_, _) => new ValueTask<int>(2)));
    }
}
