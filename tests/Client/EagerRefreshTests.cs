using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A refresh before the life is over: behind one reader in the cluster, so that none waits. Over the entries of one silo, on a clock that the test owns.</summary>
public sealed class EagerRefreshTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Due from between 50 and 55 minutes on.</summary>
    private static readonly CacheEntryOptions Options = new() { Life = CacheLife.For(100 * Minute), EagerRefresh = 0.5, AllowBackgroundRefresh = true, Tags = ["eager"] };

    private EntrySilo _silo = null!;
    private ServiceProvider[] _processes = [];
    private int _runs;

    private ITagCache Cache => Of(0);

    public async Task InitializeAsync()
    {
        _silo = await EntrySilo.Serve();
        _processes = [ProcessOver.Start(_silo), ProcessOver.Start(_silo)];
        Assert.Equal("old", await Cache.GetOrCreateAsync("key", Made("old"), Options));
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _silo.Dispose();
    }

    [Theory]
    [InlineData(NearCacheMode.On)]
    [InlineData(NearCacheMode.Off)]
    public async Task Reader_OfAnEntryThatIsDue_GetsItAtOnce_AndHasItRefreshedBehind(NearCacheMode near)
    {
        var options = new CacheEntryOptions { Life = Options.Life, EagerRefresh = Options.EagerRefresh, AllowBackgroundRefresh = true, NearCache = near };
        _silo.Time.Advance(49 * Minute);
        Assert.Equal("old", await Cache.GetOrCreateAsync("key", Made("new"), options));
        Assert.Equal(1, _runs);

        _silo.Time.Advance(7 * Minute);
        var ended = Events.On(CacheEvent.RefreshEnded, CacheEvent.NearKept);
        Assert.Equal("old", await Cache.GetOrCreateAsync("key", Made("new"), options));
        await ended.Until(async () => (await Cache.TryGetAsync<string>("key")) is { HasValue: true, Value: "new", IsStale: false });
        Assert.Equal("new", await Of(1).GetOrCreateAsync("key", Made("newest"), options));
        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task ManyReaders_OfTwoProcesses_RunOneFactory()
    {
        Assert.Equal("old", await Of(1).GetOrCreateAsync("key", Made("other"), Options));
        _silo.Time.Advance(56 * Minute);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var ended = Events.On(CacheEvent.RefreshEnded);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("old", await Of(i % 2).GetOrCreateAsync("key", Held, Options));

            // It has its turn before the others read on: they find it in flight.
            await begun.Task.Soon();
        }

        // Each process may ask again, after a pause.
        _silo.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("old", await Of(0).GetOrCreateAsync("key", Held, Options));
        Assert.Equal("old", await Of(1).GetOrCreateAsync("key", Held, Options));
        go.SetResult();
        await ended.Until(async () => (await Of(0).TryGetAsync<string>("key")).ValueOrDefault == "new");
        Assert.Equal(2, _runs);

        async ValueTask<string> Held(CacheContext context, CancellationToken token)
        {
            Interlocked.Increment(ref _runs);
            begun.TrySetResult();
            await go.Task.WaitAsync(token);
            return "new";
        }
    }

    [Fact]
    public async Task EntryThatIsDue_GivesOneToken_AndNoneForAWhileAfterWhatWasNotForStoring()
    {
        _silo.Time.Advance(56 * Minute);
        var token = (await Ask()).Token;
        Assert.False(token.IsNone);
        Assert.True((await Ask()).Token.IsNone);

        await _silo.Entry("key").Abandon(token, isForStoring: false);
        Assert.True((await Ask()).Token.IsNone);
        _silo.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.False((await Ask()).Token.IsNone);

        async Task<Acquired> Ask()
        {
            var answer = await _silo.Entry("key").Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero, RequestId: Guid.NewGuid(), MayRefreshEarly: true));
            Assert.Equal(AcquireStatus.Fresh, answer.Status);
            return answer;
        }
    }

    /// <summary>Its caller waits for it, and there is nothing to wait for.</summary>
    [Fact]
    public async Task FactoryThatMayNotRunBehind_IsNotRun()
    {
        _silo.Time.Advance(56 * Minute);
        Assert.Equal("old", await Cache.GetOrCreateAsync("key", Made("new"), new() { Life = Options.Life, EagerRefresh = 0.5 }));
        Assert.Equal(["old"], (await Cache.GetOrCreateManyAsync<string>(["key"], (_, _) => throw new InvalidOperationException("It is there."), _ => Options)).Values);
        Assert.Equal(1, _runs);

        _silo.Time.Advance(45 * Minute);
        Assert.Equal("new", await Cache.GetOrCreateAsync("key", Made("new"), new() { Life = Options.Life, EagerRefresh = 0.5 }));
    }

    [Fact]
    public async Task FailedRefresh_LeavesTheFreshValue_AndIsNotTriedAtOnce()
    {
        _silo.Time.Advance(56 * Minute);
        for (var i = 0; i < 10; i++)
        {
            var ended = Events.On(CacheEvent.RefreshEnded);
            Assert.Equal("old", await Cache.GetOrCreateAsync<string>("key", (_, _) => throw new InvalidOperationException($"down {Interlocked.Increment(ref _runs)}"), Options));
            await ended.Until(() => _runs == 2);
            _silo.Time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(2, _runs);
        Assert.False((await Cache.TryGetAsync<string>("key")).IsStale);
    }

    [Fact]
    public async Task RefreshThatIsNotForStoring_LeavesTheFreshValue()
    {
        _silo.Time.Advance(56 * Minute);
        var ended = Events.On(CacheEvent.RefreshEnded, CacheEvent.TokenEnded);
        Assert.Equal("old", await Cache.GetOrCreateAsync("key", Unstored, Options));
        await ended.Until(() => _runs == 2 && _silo.Store.Ask(EntrySilo.Scope("key"), new(MayGenerate: false, FreshOnly: true, Wait: TimeSpan.Zero)).Entry is not null);
        Assert.Equal("old", (await Of(1).TryGetAsync<string>("key")).Value);

        ValueTask<string> Unstored(CacheContext context, CancellationToken token)
        {
            Interlocked.Increment(ref _runs);
            context.DoNotStore();
            return new("new");
        }
    }

    /// <summary>What was updated while it was refreshed is gone: the refresh stores nothing.</summary>
    [Fact]
    public async Task Refresh_OvertakenByAnUpdate_IsNotStored()
    {
        _silo.Time.Advance(56 * Minute);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var ended = Events.On(CacheEvent.RefreshEnded);
        var isOver = false;
        Assert.Equal("old", await Cache.GetOrCreateAsync(
            "key",
            async (_, token) =>
            {
                begun.SetResult();
                await go.Task.WaitAsync(token);
                isOver = true;
                return "before the update";
            },
            Options));
        await begun.Task.Soon();
        await _silo.Update("eager");
        go.SetResult();
        await ended.Until(() => isOver);

        Assert.Equal("after", await Cache.GetOrCreateAsync("key", Made("after"), Options));
        Assert.Equal("after", await Of(1).GetOrCreateAsync("key", Made("again"), Options));
    }

    /// <summary>A factory that runs for a value that is due may say that it has not changed.</summary>
    [Fact]
    public async Task Refresh_MaySayThatNothingHasChanged()
    {
        _silo.Time.Advance(56 * Minute);
        var ended = Events.On(CacheEvent.RefreshEnded, CacheEvent.NearKept);
        await Cache.GetOrCreateAsync("key", (context, _) => new ValueTask<string>(context.NotModified<string>()), Options);
        await ended.Until(async () => (await Cache.TryGetAsync<string>("key")) is { HasValue: true, Value: "old" } found && found.Age < Minute);
    }

    [Theory]
    [InlineData(0.49)]
    [InlineData(0.96)]
    [InlineData(double.NaN)]
    public async Task Share_OutOfRange_IsRefused(double share)
    {
        var fault = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Cache.GetOrCreateAsync("other", Made("x"), new() { EagerRefresh = share }));
        Assert.Contains("0.5 to 0.95", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Spread a little, never early, and never for what is fresh for ever; and it travels with the entry.</summary>
    [Fact]
    public async Task EntriesMadeTogether_AreDueAtDifferentTimes()
    {
        var ages = new List<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            await Cache.SetAsync($"set:{i}", i, Options);
            ages.Add(_silo.Stored($"set:{i}")!.CopyAt(EntrySilo.Scope($"set:{i}"), new(0)).Data.EagerAt);
        }

        Assert.All(ages, age => Assert.InRange(age, 50 * Minute, 55 * Minute));
        Assert.True(ages.Distinct().Count() > 40);
        await Cache.SetAsync("for ever", 1, new() { Life = CacheLife.For(CacheLife.Forever), EagerRefresh = 0.5 });
        Assert.Equal(TimeSpan.Zero, _silo.Stored("for ever")!.SnapshotAt(new(0)).EagerAt);
    }

    private ITagCache Of(int process) => _processes[process].GetRequiredService<ITagCache>();

    private Func<CacheContext, CancellationToken, ValueTask<string>> Made(string value) => (_, _) =>
    {
        Interlocked.Increment(ref _runs);
        return new(value);
    };
}
