using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>What listeners of the application hear.</summary>
public sealed class ListenerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Recorder _heard = new();

    [Fact]
    public async Task Read_IsHeard_AsTheMetricsCountIt()
    {
        await using var cache = Cache(TagCacheEventKinds.All);
        await cache.TryGetAsync<int>("k");
        await Get(cache, 1);
        await Get(cache, 1);
        await cache.GetOrCreateAsync("k", (_, _) => new ValueTask<int>(2), new() { NearCache = NearCacheMode.Off });
        await cache.RevalidateTagAsync("t", CacheLife.Max);
        await cache.TryGetAsync<int>("k");

        Assert.Equal(
            [
                "Miss k miss", "Miss k generated", "Generated k", "Stored k stored", "NearHit k near", "Hit k hit", "Revalidated [t] complete", "NearHit k near_stale stale",
            ],
            await _heard.Until("near_stale"));
    }

    [Fact]
    public async Task Change_IsHeard_WithItsTagsOrItsKey()
    {
        await using var cache = Cache(TagCacheEventKinds.AllButNearHits);
        await cache.SetAsync("k", 1, new() { Tags = ["t"] });
        using (ServerAction.Begin())
        {
            await cache.UpdateTagsAsync(["a", "b"]);
            await cache.UpdateTagsAsync(["a", "b"], TagMatch.All);
            await (await cache.HoldAsync(["h"])).ReleaseAsync();
        }

        await cache.RevalidateTagAsync("t");
        await cache.RevalidateTagAsync("t", CacheLife.Max);
        await cache.RemoveAsync("k");

        Assert.Equal(
            ["Set k stored", "Updated [a b] complete", "Updated [a b] complete all", "Updated [h] released", "Updated [t] complete", "Revalidated [t] complete", "Removed k complete"],
            await _heard.Until("Removed"));
        Assert.All(_heard.Events.Where(heard => heard.Outcome != "released"), heard => Assert.NotNull(heard.Elapsed));
    }

    [Fact]
    public async Task Change_ThatFails_IsHeardWithWhatItThrew()
    {
        await using var cache = Cache(TagCacheEventKinds.AllButNearHits);
        cache.IsUnreachable = true;
        var removal = cache.RemoveAsync("k").AsTask();
        await Waits.Advance(_time, TimeSpan.FromSeconds(1), () => removal.IsCompleted);
        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => removal);

        Assert.Equal(["Removed k failed"], await _heard.Until("Removed"));
        Assert.IsType<TagCacheUnavailableException>(_heard.Events[0].Exception);
    }

    [Fact]
    public async Task Factory_IsHeard_WithItsTimeAndItsFault_AndWhyItsValueIsNotStored()
    {
        await using var cache = Cache(TagCacheEventKinds.Generated | TagCacheEventKinds.FactoryFailed | TagCacheEventKinds.NotStored);
        await Assert.ThrowsAsync<FormatException>(() => cache.GetOrCreateAsync<int>("bad", (_, _) => throw new FormatException()).AsTask());
        await cache.GetOrCreateAsync(
            "late",
            async (_, token) =>
            {
                _time.Advance(TimeSpan.FromSeconds(3));

                // By another caller: a factory may not.
                Task update;
                using (ExecutionContext.SuppressFlow())
                {
                    update = Task.Run(() => cache.RevalidateTagAsync("t", token).AsTask(), token);
                }

                await update;
                return 1;
            },
            new() { Tags = ["t"] });

        Assert.Equal(["FactoryFailed bad", "Generated late", "NotStored late superseded"], await _heard.Until("NotStored"));
        Assert.IsType<FormatException>(_heard.Events[0].Exception);
        Assert.Equal(TimeSpan.FromSeconds(3), _heard.Events[1].Elapsed);
    }

    [Fact]
    public async Task Refresh_IsHeard_AndSoIsOneThatFails()
    {
        await using var cache = Cache(TagCacheEventKinds.Refreshed | TagCacheEventKinds.RefreshFailed);
        var options = new CacheEntryOptions { Tags = ["t"], NearCache = NearCacheMode.Off };
        await cache.GetOrCreateAsync("k", (_, _) => new ValueTask<int>(1), options);
        await cache.RevalidateTagAsync("t", CacheLife.Max);
        await cache.GetOrCreateAsync("k", (_, _) => new ValueTask<int>(2), options);
        await cache.RevalidateTagAsync("t", CacheLife.Max);
        await cache.GetOrCreateAsync<int>("k", (_, _) => throw new FormatException(), options);

        Assert.Equal(["Refreshed k stored", "RefreshFailed k failed"], await _heard.Until("RefreshFailed"));
        Assert.IsType<FormatException>(_heard.Events[1].Exception);
    }

    [Fact]
    public async Task Entry_ThatMakesRoomNear_IsHeard()
    {
        await using var cache = Cache(TagCacheEventKinds.Evicted, test => test.Cache.NearCacheMaximumEntries = 3);
        for (var i = 0; i < 4; i++)
        {
            await cache.GetOrCreateAsync($"k{i}", (_, _) => new ValueTask<int>(i));
        }

        Assert.Single(await _heard.Until("Evicted"));
        Assert.True((await cache.TryGetAsync<int>(_heard.Events[0].Key!)).HasValue);
    }

    /// <summary>The namespace is that of the cache, and tags of several have an event for each.</summary>
    [Fact]
    public async Task Event_NamesItsNamespace()
    {
        await using var cache = Cache(TagCacheEventKinds.All, test => test.Cache.Namespace = "shop");
        await Get(cache, 1);
        await Get(cache, 1);
        await cache.RevalidateTagAsync("t");
        await _heard.Until("Updated");
        Assert.All(_heard.Events, heard => Assert.Equal("shop", heard.Namespace));

        var (shop, blog) = (CacheNamespace.Parse("shop"), CacheNamespace.Parse("blog"));
        await using var listeners = Listeners(new Silent(), _heard);
        listeners.OnTags(TagCacheEventKinds.Revalidated, [TagId.OfTag(shop, "a"), TagId.OfTag(blog, "b"), TagId.OfTag(shop, "c")], Outcome.Complete);
        await _heard.Until(events => events.Count(heard => heard.Kind == TagCacheEventKinds.Revalidated) == 2);
        Assert.Equal(["shop a c", "blog b"], _heard.Events[^2..].Select(heard => $"{heard.Namespace} {string.Join(' ', heard.Tags)}"));
    }

    [Fact]
    public async Task Listener_ThatIsSlow_LosesWhatFindsItsQueueFull_AndIsTold_AndOthersLoseNothing()
    {
        var slow = new Slow();
        await using var listeners = Listeners(new Silent(), slow, _heard);
        Write(0);
        await slow.HasBegun.Task.Soon();
        for (var i = 1; i <= Length + 5; i++)
        {
            Write(i);
            await _heard.Until(events => events.Length == i + 1);
        }

        Assert.Equal(5, listeners.Dropped);
        slow.Go.SetResult();
        await slow.Until(events => events.Length == Length + 1);
        Assert.Equal(Enumerable.Range(0, Length + 1).Select(i => $"{i}"), slow.Events.Select(heard => heard.Key));
        Assert.Equal([5], slow.Lost);
        Assert.Equal(Length + 6, _heard.Events.Length);

        void Write(int i) => listeners.OnEntry(TagCacheEventKinds.Set, CacheNamespace.Default.Scope($"{i}"), Outcome.Stored);
    }

    [Fact]
    public async Task Listener_ThatThrows_IsLoggedOnce_AndGoesOn()
    {
        using var log = new CapturedLog();
        await using var listeners = Listeners(log, new Throwing(_heard));
        for (var i = 0; i < 3; i++)
        {
            listeners.OnEntry(TagCacheEventKinds.Set, CacheNamespace.Default.Scope($"{i}"), Outcome.Stored);
        }

        await _heard.Until(events => events.Length == 3);
        await listeners.StopAsync(CancellationToken.None);
        Assert.Contains(nameof(Throwing), Assert.Single(log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_DeliversWhatWasWritten_AndWaitsForAListenerThatHangsNoLongerThanItsPatience()
    {
        var slow = new Slow();
        var listeners = Listeners(new Silent(), TimeSpan.FromMilliseconds(1), slow);
        listeners.OnEntry(TagCacheEventKinds.Set, CacheNamespace.Default.Scope("k"), Outcome.Stored);
        await slow.HasBegun.Task.Soon();
        await listeners.StopAsync(CancellationToken.None).Soon();
        await slow.WasCancelled.Task.Soon();

        listeners = Listeners(new Silent(), _heard);
        for (var i = 0; i < Length; i++)
        {
            listeners.OnEntry(TagCacheEventKinds.Set, CacheNamespace.Default.Scope("k"), Outcome.Stored);
        }

        await listeners.StopAsync(CancellationToken.None).Soon();
        Assert.Equal(Length, _heard.Events.Length + listeners.Dropped);
        Assert.Equal(0, listeners.Dropped);
        listeners.OnEntry(TagCacheEventKinds.Set, CacheNamespace.Default.Scope("k"), Outcome.Stored);
        Assert.Equal(1, listeners.Dropped);
        await listeners.DisposeAsync();
    }

    /// <summary>The look at one field is all that such a hit pays for.</summary>
    [Fact]
    public async Task NearHit_ThatNoListenerHears_AllocatesNothing()
    {
        await using var deaf = Cache(TagCacheEventKinds.AllButNearHits);
        await using var without = new TestTagCache(test => test.Time = _time);
        await using var hearing = Cache(TagCacheEventKinds.NearHit);

        Assert.Equal(0, await AllocatedByHits(without));
        Assert.Equal(0, await AllocatedByHits(deaf));
        Assert.True(await AllocatedByHits(hearing) > 0);
        Assert.DoesNotContain(_heard.Events, heard => heard.Kind == TagCacheEventKinds.NearHit && heard.Outcome != "near");
    }

    [Fact]
    public async Task AddTagCacheListener_MayDependOnTheCache_AndIsAddedOnce()
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddSingleton(_heard).AddTestTagCache().AddTagCacheListener<OverCache>(TagCacheEventKinds.Set);
        Assert.Throws<ArgumentException>(() => services.AddTagCacheListener<OverCache>());
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ITagCache>().SetAsync("k", 1);

        Assert.Equal(["Set k stored"], await _heard.Until("Set"));
    }

    private const int Length = 8;

    private static CacheListeners Listeners(ILoggerProvider log, params ITagCacheListener[] added) => Listeners(log, Waits.Patience, added);

    private static CacheListeners Listeners(ILoggerProvider log, TimeSpan patience, params ITagCacheListener[] added)
    {
        var services = new ServiceCollection().AddMetrics().AddLogging(logging => logging.AddProvider(log)).AddSingleton<ClientMetrics>().BuildServiceProvider();
        return new(
            added.Select(listener => new ListenerRegistration(listener.GetType(), TagCacheEventKinds.All, _ => listener)),
            new() { ListenerQueueLength = Length },
            services.GetRequiredService<ClientMetrics>(),
            services,
            services.GetRequiredService<ILogger<CacheListeners>>())
        {
            Patience = patience,
        };
    }

    private static async Task<long> AllocatedByHits(TestTagCache cache)
    {
        await Get(cache, 1);
        await Get(cache, 1);
        await Get(cache, 1);
        return Measure();

        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
            {
                Check(Get(cache, 1));
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        static void Check(ValueTask<int> read)
        {
            if (!read.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("It was no hit.");
            }
        }
    }

    private static readonly CacheEntryOptions Tagged = new() { Tags = ["t"] };

    private static ValueTask<int> Get(TestTagCache cache, int value) => cache.GetOrCreateAsync("k", value, static (value, _, _) => new ValueTask<int>(value), Tagged);

    private TestTagCache Cache(TagCacheEventKinds kinds, Action<TestTagCacheOptions>? configure = null) => new(test =>
    {
        test.Time = _time;
        test.Cache.ListenerQueueLength = 100_000;
        test.AddListener(_heard, kinds);
        configure?.Invoke(test);
    });

    private class Recorder : ITagCacheListener
    {
        private readonly ConcurrentQueue<TagCacheEvent> _events = [];
        private readonly ConcurrentQueue<long> _lost = [];
        private readonly Signal _changed = new();

        public TagCacheEvent[] Events => [.. _events];

        public long[] Lost => [.. _lost];

        public virtual ValueTask OnEventAsync(TagCacheEvent cacheEvent, CancellationToken cancellationToken)
        {
            _events.Enqueue(cacheEvent);
            _changed.Set();
            return default;
        }

        public ValueTask OnDroppedAsync(long count, CancellationToken cancellationToken)
        {
            _lost.Enqueue(count);
            return default;
        }

        public Task Until(Func<TagCacheEvent[], bool> isReached) => _changed.Until(() => isReached(Events));

        /// <summary>Everything up to the last that was written, which says that.</summary>
        public async Task<string[]> Until(string last)
        {
            await Until(events => events.Length > 0 && Text(events[^1]).Contains(last, StringComparison.Ordinal));
            return Array.ConvertAll(Events, Text);
        }

        private static string Text(TagCacheEvent heard) =>
            $"{heard.Kind} {heard.Key ?? $"[{string.Join(' ', heard.Tags)}]"} {heard.Outcome}{(heard.IsStale ? " stale" : string.Empty)}{(heard.Match == TagMatch.All ? " all" : string.Empty)}".TrimEnd();
    }

    private sealed class Slow : Recorder
    {
        public TaskCompletionSource HasBegun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource WasCancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask OnEventAsync(TagCacheEvent cacheEvent, CancellationToken cancellationToken)
        {
            HasBegun.TrySetResult();
            try
            {
                await Go.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                WasCancelled.TrySetResult();
                throw;
            }

            await base.OnEventAsync(cacheEvent, cancellationToken);
        }
    }

    private sealed class Throwing(Recorder heard) : ITagCacheListener
    {
        public async ValueTask OnEventAsync(TagCacheEvent cacheEvent, CancellationToken cancellationToken)
        {
            await heard.OnEventAsync(cacheEvent, cancellationToken);
            throw new FormatException();
        }
    }

    private sealed class OverCache(ITagCache cache, Recorder heard) : ITagCacheListener
    {
        public async ValueTask OnEventAsync(TagCacheEvent cacheEvent, CancellationToken cancellationToken)
        {
            Assert.True((await cache.TryGetAsync<int>(cacheEvent.Key!, cancellationToken)).HasValue);
            await heard.OnEventAsync(cacheEvent, cancellationToken);
        }
    }

    private sealed class Silent : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => false;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }
}
