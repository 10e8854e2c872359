using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>What is past its life may be served in need; what an update expired never is.</summary>
[Collection(ClusterCollection.Name)]
public sealed class FailSafeTests(TagCacheCluster cluster)
{
    private static readonly CacheEntryOptions Options = new()
    {
        // It is over before a call that stores the entry returns.
        Life = CacheLife.For(TimeSpan.FromTicks(1)),
        Tags = ["safe"],
        FailSafe = TimeSpan.FromHours(1),
        NearCache = NearCacheMode.Off,
    };

    [Fact]
    public async Task FailingFactory_PastTheLife_ServesTheOldValueToEverybody()
    {
        await Expired("safe:1", Options);
        foreach (var reader in cluster.Everyone)
        {
            Assert.Equal("old", await reader.GetOrCreateAsync<string>("safe:1", (_, _) => throw new InvalidOperationException("down"), Options));
        }
    }

    /// <summary>A source that has just failed is left alone: others get the old value at once.</summary>
    [Fact]
    public async Task FailingFactory_ForAWhile_IsNotRunByOthers()
    {
        await Expired("safe:throttled", Options);
        await cluster.Client.GetOrCreateAsync<string>("safe:throttled", (_, _) => throw new InvalidOperationException("down"), Options);
        foreach (var reader in cluster.Everyone)
        {
            var isRun = false;
            var value = await reader.GetOrCreateAsync(
                "safe:throttled",
                (_, _) =>
                {
                    isRun = true;
                    return new ValueTask<string>("new");
                },
                Options);
            Assert.Equal(("old", false), (value, isRun));
        }
    }

    /// <summary>One reader's factory dawdles beyond its soft limit: nobody else waits for it.</summary>
    [Fact]
    public async Task SlowFactory_PastItsSoftTimeout_HoldsNobodyUp()
    {
        var options = new CacheEntryOptions
        {
            Life = Options.Life,
            FailSafe = Options.FailSafe,
            FactorySoftTimeout = TimeSpan.FromMilliseconds(1),
            NearCache = NearCacheMode.Off,
        };
        await Expired("safe:dawdling", options);
        var run = new HeldFactory<string>("new");
        await cluster.Client.GetOrCreateAsync("safe:dawdling", (_, token) => run.Invoke(token), options);
        foreach (var reader in cluster.Everyone)
        {
            Assert.Equal("old", await reader.GetOrCreateAsync("safe:dawdling", (_, token) => run.Invoke(token), options));
        }

        Assert.Equal(1, run.Runs);
        run.Release();
    }

    [Fact]
    public async Task FailingFactory_WithoutFailSafe_Throws()
    {
        var options = new CacheEntryOptions { Life = Options.Life, NearCache = NearCacheMode.Off };
        await Expired("safe:2", options);

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await cluster.Client.GetOrCreateAsync<string>("safe:2", (_, _) => throw new InvalidOperationException("down"), options));
    }

    [Fact]
    public async Task FailingFactory_AfterAnUpdate_Throws()
    {
        foreach (var reader in cluster.Everyone)
        {
            await Expired("safe:3", Options);
            using (ServerAction.Begin())
            {
                await cluster.Silos[1].UpdateTagAsync("safe");
            }

            await Assert.ThrowsAsync<InvalidOperationException>(async () =>
                await reader.GetOrCreateAsync<string>("safe:3", (_, _) => throw new InvalidOperationException("down"), Options));
        }
    }

    /// <summary>The update comes while the factory runs that will fail: its reader came before, the next one after.</summary>
    [Fact]
    public async Task FailingFactory_OvertakenByAnUpdate_ServesNothingOld()
    {
        await Expired("safe:4", Options);
        var run = new HeldFactory<string>("never");
        var read = cluster.Client.GetOrCreateAsync<string>(
            "safe:4",
            async (_, token) =>
            {
                await run.Invoke(token);
                throw new InvalidOperationException("down");
            },
            Options).AsTask();
        await run.Started;
        using (ServerAction.Begin())
        {
            await cluster.Silos[1].UpdateTagAsync("safe");
        }

        run.Release();
        await Assert.ThrowsAsync<InvalidOperationException>(() => read);
    }

    [Fact]
    public async Task SlowFactory_PastItsSoftTimeout_GoesOnInTheBackground()
    {
        var options = new CacheEntryOptions
        {
            Life = Options.Life,
            Tags = ["safe"],
            FailSafe = Options.FailSafe,
            FactorySoftTimeout = TimeSpan.FromMilliseconds(1),
            NearCache = NearCacheMode.Off,
            AllowBackgroundRefresh = true,
        };
        await Expired("safe:5", options);
        var run = new HeldFactory<string>("new");

        // It has not ended when the reader has its answer, and what it makes is stored all the same.
        Assert.Equal("old", await cluster.Client.GetOrCreateAsync("safe:5", (context, token) =>
        {
            context.Life(CacheLife.Max);
            return run.Invoke(token);
        }, options));
        run.Release();
        await Events.On(CacheEvent.RefreshEnded, CacheEvent.EntryStored, CacheEvent.LeaseRenewed).Until(async () => await cluster.Client.GetOrCreateAsync("safe:5", (_, _) => new ValueTask<string>("other"), options) != "old");

        Assert.Equal(1, run.Runs);
    }

    /// <summary>What it uses may end with its reader.</summary>
    [Fact]
    public async Task SlowFactory_OfItsReadersScope_IsCancelledAtItsSoftTimeout()
    {
        var options = new CacheEntryOptions { Life = Options.Life, FailSafe = Options.FailSafe, FactorySoftTimeout = TimeSpan.FromMilliseconds(1), NearCache = NearCacheMode.Off };
        await Expired("safe:6", options);
        var cancelled = new TaskCompletionSource();

        Assert.Equal("old", await cluster.Client.GetOrCreateAsync<string>("safe:6", async (_, token) =>
        {
            token.Register(cancelled.SetResult);
            await new TaskCompletionSource().Task.WaitAsync(token);
            return "never";
        }, options));

        Assert.True(cancelled.Task.IsCompleted);
    }

    [Fact]
    public async Task SlowFactory_PastItsHardTimeout_IsCancelledAndNamesTheLimit()
    {
        var options = new CacheEntryOptions { FactoryHardTimeout = TimeSpan.FromMilliseconds(20) };
        var cancelled = new TaskCompletionSource();
        var fault = await Assert.ThrowsAsync<TimeoutException>(async () => await cluster.Client.GetOrCreateAsync<string>(
            "hard:1",
            async (_, token) =>
            {
                await new TaskCompletionSource().Task.WaitAsync(token).ContinueWith(_ => cancelled.TrySetResult(), TaskScheduler.Default);
                token.ThrowIfCancellationRequested();
                return "never";
            },
            options));

        await cancelled.Task.Soon();
        Assert.Contains("FactoryHardTimeout of 00:00:00.02", fault.Message, StringComparison.Ordinal);
        Assert.Equal("next", await cluster.Silos[0].GetOrCreateAsync("hard:1", (_, _) => new ValueTask<string>("next"), options));
    }

    [Fact]
    public async Task SlowFactory_PastItsHardTimeout_WithFailSafe_ServesTheOldValue()
    {
        var options = new CacheEntryOptions
        {
            Life = Options.Life,
            FailSafe = Options.FailSafe,
            FactoryHardTimeout = TimeSpan.FromMilliseconds(20),
            NearCache = NearCacheMode.Off,
        };
        await Expired("hard:2", options);

        Assert.Equal("old", await cluster.Client.GetOrCreateAsync<string>(
            "hard:2", async (_, token) => await new TaskCompletionSource<string>().Task.WaitAsync(token), options));
    }

    [Theory]
    [InlineData(-1, 0, 1, 1, "FailSafe is -00:00:01")]
    [InlineData(0, -1, 1, 1, "Jitter is -00:00:01")]
    [InlineData(0, 0, 0, 1, "FactorySoftTimeout is 00:00:00")]
    [InlineData(0, 0, 1, 0, "FactoryHardTimeout is 00:00:00")]
    public async Task BadDurations_AreNamed(int failSafe, int jitter, int soft, int hard, string why)
    {
        var options = new CacheEntryOptions
        {
            FailSafe = TimeSpan.FromSeconds(failSafe),
            Jitter = TimeSpan.FromSeconds(jitter),
            FactorySoftTimeout = TimeSpan.FromSeconds(soft),
            FactoryHardTimeout = TimeSpan.FromSeconds(hard),
        };
        var read = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await cluster.Client.GetOrCreateAsync("bad", (_, _) => new ValueTask<string>("never"), options));
        var set = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await cluster.Client.SetAsync("bad", "never", options));

        Assert.Contains(why, read.Message, StringComparison.Ordinal);
        Assert.Contains(why, set.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jitter_ShortensTheLifeByAPartOfIt()
    {
        var options = new CacheEntryOptions { Life = CacheLife.Hours, Jitter = TimeSpan.FromMinutes(10) };
        var lives = new HashSet<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            await cluster.Client.SetAsync($"jitter:{i}", "value", options);
            var life = (await cluster.Client.TryGetAsync<string>($"jitter:{i}")).Life!;
            Assert.InRange(life.Revalidate, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
            Assert.Equal(CacheLife.Hours.Expire, life.Expire);
            lives.Add(life.Revalidate);
        }

        Assert.True(lives.Count > 1);
    }

    /// <summary>Leaves an entry that is past its life.</summary>
    private async Task Expired(string key, CacheEntryOptions options)
    {
        await cluster.Client.SetAsync(key, "old", options);
        Assert.False((await cluster.Client.TryGetAsync<string>(key)).HasValue);
    }
}
