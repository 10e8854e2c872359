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
        var owner = cluster.Client.GetOrCreateAsync("flight-orphan", (_, token) => run.Invoke(token), null, cancellation.Token).AsTask();
        await run.Started;
        var joiner = cluster.Client.GetOrCreateAsync("flight-orphan", (_, token) => run.Invoke(token)).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => owner);
        run.Release();

        Assert.Equal(5, await joiner);
        Assert.Equal(1, run.Runs);
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
