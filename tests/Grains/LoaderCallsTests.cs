using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using OrleansTagCache.Listeners;
using OrleansTagCache.Loaders;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Loads go to the processes that offer the loader: spread over them, and given up when one of them is gone.</summary>
public sealed class LoaderCallsTests : IDisposable
{
    private static readonly LoadRequest Request = new("default", "item:1", Stale: null, TimeSpan.FromSeconds(30));

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLoaderGrain _grain = new();
    private readonly Reachability _reachability;
    private readonly LoaderRunner _local;
    private readonly LoaderCalls _calls;

    public LoaderCallsTests()
    {
        _reachability = new(_time, NullLogger<Reachability>.Instance);
        var factory = FakeEntries.Factory(_grain);
        var options = new TagCacheClientOptions();
        var services = new ServiceCollection().BuildServiceProvider();
        var others = new RemoteLoads(factory, _reachability, _time);
        var codec = new PayloadCodec(options, services, new LogOnce(), NullLogger<PayloadCodec>.Instance);
        var table = new LoaderTable([], services, new EntryMaker(options, new PayloadSerializer(services)), codec, others, options);
        _local = new([table], factory, _reachability, CacheListeners.None, options, _time, NullLogger<LoaderRunner>.Instance);
        _calls = new(factory, _local, _time, NullLogger<LoaderCalls>.Instance);
    }

    public void Dispose()
    {
        _local.Dispose();
        _reachability.Dispose();
    }

    [Fact]
    public async Task Load_ManyAtOnce_IsSpreadOverWhoOffersIt()
    {
        FakeRunner[] runners = [new(), new(), new()];
        _grain.Known = new(runners, AreAll: true);

        var loads = Enumerable.Range(0, 30).Select(_ => _calls.Load(Request, CancellationToken.None)).ToList();

        Assert.All(runners, runner => Assert.Equal(10, runner.Running));
        Array.ForEach(runners, runner => runner.Finish());
        Assert.All(await Task.WhenAll(loads), outcome => Assert.Equal(LoadStatus.Loaded, outcome.Status));
    }

    [Fact]
    public async Task Load_ByAProcessThatIsGone_EndsWhenItsOfferDoes()
    {
        _grain.Known = new([new FakeRunner()], AreAll: true);
        var load = _calls.Load(Request, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(2));
        await Task.Yield();
        Assert.False(load.IsCompleted);

        _grain.Known = new([], AreAll: true);
        await WhenPassing(load);

        Assert.Equal(LoadStatus.NoRunner, (await load).Status);
    }

    /// <summary>The grain has just come to life, and does not know yet of whoever runs this.</summary>
    [Fact]
    public async Task Load_WhileTheGrainMayNotKnowAll_GoesOn()
    {
        var runner = new FakeRunner();
        _grain.Known = new([runner], AreAll: true);
        var load = _calls.Load(Request, CancellationToken.None);
        _grain.Known = new([], AreAll: false);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.False(load.IsCompleted);
        runner.Finish();
        Assert.Equal(LoadStatus.Loaded, (await load).Status);
    }

    [Fact]
    public async Task Load_LongerThanItsLimit_Fails()
    {
        _grain.Known = new([new FakeRunner()], AreAll: true);
        var load = _calls.Load(Request, CancellationToken.None);

        await WhenPassing(load);

        Assert.Equal(LoadStatus.Failed, (await load).Status);
    }

    [Fact]
    public async Task Load_ThatNobodyOffers_SaysSo()
    {
        _grain.Known = new([], AreAll: true);

        Assert.Equal(LoadStatus.NoRunner, (await _calls.Load(Request, CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Load_BeforeAnybodyHadTheTimeToOfferIt_WaitsForThem()
    {
        _grain.Known = new([], AreAll: false);
        var load = _calls.Load(Request, CancellationToken.None);
        var runner = new FakeRunner();
        runner.Finish();
        _grain.Known = new([runner], AreAll: false);

        await WhenPassing(load);

        Assert.Equal(LoadStatus.Loaded, (await load).Status);
    }

    private async Task WhenPassing(Task task)
    {
        for (var i = 0; i < 1_000 && !task.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await task;
    }

    private sealed class FakeLoaderGrain : ILoaderGrain
    {
        public LoaderRunners Known { get; set; } = new([], AreAll: true);

        public ValueTask<LoaderRunners> Runners() => new(Known);

        public ValueTask Announce(ILoaderRunner runner, TimeSpan lease) => throw new NotSupportedException();

        public ValueTask Withdraw(ILoaderRunner runner) => throw new NotSupportedException();

        public ValueTask<LoadOutcome> Load(LoadRequest request) => throw new NotSupportedException();
    }

    private sealed class FakeRunner : ILoaderRunner
    {
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Running { get; private set; }

        public void Finish() => _finished.TrySetResult();

        public async Task<LoadOutcome> Load(LoadRequest request)
        {
            Running++;
            await _finished.Task.Soon();
            return new(LoadStatus.Loaded, new(Payload.Null, [], null, CacheLife.Max));
        }
    }
}
