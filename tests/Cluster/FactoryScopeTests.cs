using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Whose scope a factory runs in, and when: what uses its caller's runs while the caller waits, and only what has one of its own runs behind.</summary>
[Collection(ClusterCollection.Name)]
public sealed class FactoryScopeTests(TagCacheCluster cluster)
{
    private static readonly AsyncLocal<string?> OfTheCaller = new();

    [Theory]
    [InlineData(NearCacheMode.On)]
    [InlineData(NearCacheMode.Off)]
    public async Task Refresh_ByAPlainFactory_IsMadeInTheFlowOfOneReaderWhileTheOthersDoNotWait(NearCacheMode near)
    {
        var (key, tag) = ($"scope:plain:{near}", $"scope-plain-{near}");
        var options = new CacheEntryOptions { Tags = [tag], NearCache = near };
        await Stale(key, options);
        var run = new HeldFactory<string>("new");
        OfTheCaller.Value = "caller";
        string? seen = null;
        var reader = cluster.Client.GetOrCreateAsync(key, (_, token) =>
        {
            seen = OfTheCaller.Value;
            return run.Invoke(token);
        }, options).AsTask();
        await run.Started;

        Assert.False(reader.IsCompleted);
        foreach (var other in cluster.Everyone)
        {
            Assert.Equal("old", await other.GetOrCreateAsync(key, (_, token) => run.Invoke(token), options));
        }

        run.Release();
        Assert.Equal(("new", "caller"), (await reader.Soon(), seen));
        Assert.Equal(("new", 1), (await cluster.Silos[1].GetOrCreateAsync(key, (_, token) => run.Invoke(token), options), run.Runs));
    }

    [Theory]
    [InlineData(NearCacheMode.On)]
    [InlineData(NearCacheMode.Off)]
    public async Task Refresh_ByAPlainFactoryThatFails_GivesItsReaderTheStaleValue(NearCacheMode near)
    {
        var (key, options) = ($"scope:fails:{near}", new CacheEntryOptions { Tags = [$"scope-fails-{near}"], NearCache = near });
        await Stale(key, options);

        Assert.Equal("old", await cluster.Client.GetOrCreateAsync<string>(key, (_, _) => throw new FormatException(), options));
        Assert.Equal("new", await cluster.Silos[0].GetOrCreateAsync(key, (_, _) => new ValueTask<string>("new"), options));
    }

    [Fact]
    public async Task Refresh_ByAPlainFactory_EndsWithItsReader()
    {
        var (key, options) = ("scope:left", new CacheEntryOptions { Tags = ["scope-left"] });
        await Stale(key, options);
        using var leaving = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        var reader = cluster.Client.GetOrCreateAsync<string>(key, async (_, token) =>
        {
            token.Register(cancelled.SetResult);
            started.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(token);
            return "never";
        }, options, leaving.Token).AsTask();
        await started.Task.Soon();
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader);
        await cancelled.Task.Soon();
    }

    [Theory]
    [InlineData(NearCacheMode.On)]
    [InlineData(NearCacheMode.Off)]
    public async Task Refresh_ByAScopedFactory_RunsBehindInAScopeOfItsOwnWithoutTheCallersContext(NearCacheMode near)
    {
        var (key, options) = ($"scope:own:{near}", new CacheEntryOptions { Tags = [$"scope-own-{near}"], NearCache = near });
        await Stale(key, options);
        var run = new HeldFactory<string>("new");
        var seen = new TaskCompletionSource<(IServiceProvider Services, string? Ambient, Activity? Activity)>();
        using var activity = new Activity("of the caller").Start();
        OfTheCaller.Value = "caller";

        Assert.Equal("old", await cluster.Client.GetOrCreateAsync(key, async (services, _, token) =>
        {
            seen.SetResult((services, OfTheCaller.Value, Activity.Current));
            await run.Invoke(token);
            services.GetRequiredService<IServiceScopeFactory>();
            return "new";
        }, options));
        var (services, ambient, current) = await seen.Task.Soon();
        run.Release();
        await Events.On(CacheEvent.RefreshEnded, CacheEvent.EntryStored, CacheEvent.LeaseRenewed).Until(async () => (await cluster.Silos[2].TryGetAsync<string>(key)).ValueOrDefault == "new");

        Assert.Null(ambient);
        Assert.NotEqual(activity.TraceId, current?.TraceId);
        Assert.NotSame(cluster.Orleans.Client.ServiceProvider, services);
        Assert.True(IsDisposed(services));
    }

    /// <summary>Its services are not its caller's either when the caller waits: it does not know when it will be alone.</summary>
    [Fact]
    public async Task Generation_ByAScopedFactory_HasAScopeOfItsOwn()
    {
        OfTheCaller.Value = "caller";
        IServiceProvider? given = null;
        var ambient = await cluster.Client.GetOrCreateAsync("scope:miss", (services, _, _) =>
        {
            given = services;
            return new ValueTask<string>(OfTheCaller.Value ?? "none");
        });

        Assert.Equal("none", ambient);
        Assert.True(IsDisposed(given!));
    }

    [Fact]
    public async Task Refresh_AfterOneBehindHasFailed_IsMadeByTheNextReader()
    {
        var (key, options) = ("scope:again", new CacheEntryOptions { Tags = ["scope-again"], NearCache = NearCacheMode.Off });
        await Stale(key, options);
        var entry = cluster.Entry(key);
        var failing = new TaskCompletionSource();
        Assert.Equal("old", await cluster.Client.GetOrCreateAsync<string>(key, (_, _, _) =>
        {
            failing.SetResult();
            throw new FormatException();
        }, options));
        await failing.Task.Soon();

        // Its token is back when another who asks gets one.
        await Events.On(CacheEvent.TokenEnded, CacheEvent.RefreshEnded, CacheEvent.LeaseRenewed).Until(async () => await entry.Acquire(new(true, false, TimeSpan.Zero)) is { Token.IsNone: false } answer && await entry.Abandon(answer.Token));

        Assert.Equal("new", await cluster.Client.GetOrCreateAsync(key, (_, _, _) => new ValueTask<string>("new"), options));
    }

    /// <summary>What is updated while a value is prepared supersedes it: serializing runs the caller's code.</summary>
    [Fact]
    public async Task Set_WhoseValueIsUpdatedWhileItIsSerialized_IsSuperseded()
    {
        await cluster.Client.SetAsync("scope:set", new Slow(() => cluster.Silos[0].RevalidateTagAsync("scope-set").AsTask()), new() { Tags = ["scope-set"] });

        Assert.False((await cluster.Silos[1].TryGetAsync<Slow>("scope:set")).HasValue);
    }

    private static bool IsDisposed(IServiceProvider services)
    {
        try
        {
            services.GetService<ITagCache>();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private async Task Stale(string key, CacheEntryOptions options)
    {
        await cluster.Client.SetAsync(key, "old", options);
        Assert.Equal("old", await cluster.Client.GetOrCreateAsync<string>(key, (_, _) => throw new InvalidOperationException("It is there."), options));
        await cluster.Silos[0].RevalidateTagAsync(options.Tags!.Single(), CacheLife.Max);
    }

    /// <summary>Whoever serializes it waits for something first.</summary>
    private sealed class Slow(Func<Task>? preparing)
    {
        public Slow()
            : this(preparing: null)
        {
        }

        public string Text
        {
            get
            {
                (preparing is null ? Task.CompletedTask : Task.Run(preparing)).GetAwaiter().GetResult();
                return "text";
            }
        }
    }
}
