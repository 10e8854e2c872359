using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Listeners;
using OrleansTagCache.Near;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A silo that has nothing to do is not woken: each timer runs only while there is something for it.</summary>
public sealed class IdleTests : IDisposable
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly UpdateRequest Update = new([InvalidatorHost.Tag("t")], StaleFor: null);

    /// <summary>How often what was not acknowledged, and what may be dead in a near cache, is looked for.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan SessionLease = new TagCacheOptions().SessionLease;

    private readonly ArmedTime _time = new();
    private readonly InvalidatorHost _host;

    public IdleTests() => _host = new(_time);

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Invalidator_LooksForWhatIsToBeRepeated_WhileAnUpdateIsNotSettled()
    {
        await _host.Serve((A, SiloStatus.Active));
        var answer = new TaskCompletionSource<UpdateReceipt>();
        _host.Peers[A].Answer = _ => answer.Task;
        Assert.DoesNotContain(Look, _time.Armed);

        var (_, completion) = _host.Invalidator.Begin(Update);
        Assert.Single(_time.Armed, Look);
        _time.Advance(Look);
        Assert.Single(_time.Armed, Look);

        _host.Peers[A].Answer = FakePeer.AcknowledgeAll;
        answer.SetResult(await FakePeer.AcknowledgeAll(await _host.Peers[A].NextWithUpdates()));
        Assert.True((await completion.Soon()).IsComplete);
        _time.Advance(Look);

        Assert.DoesNotContain(Look, _time.Armed);
    }

    [Fact]
    public async Task Sessions_AreLookedAtForThoseThatAreGone_WhileThereAreAny()
    {
        await _host.Serve();
        Assert.DoesNotContain(SessionLease, _time.Armed);

        var session = _host.Sessions.Open(new NoClient(), "client").Session;
        Assert.Single(_time.Armed, SessionLease);
        _time.Advance(SessionLease);
        Assert.Single(_time.Armed, SessionLease);

        _host.Sessions.Leave(session);
        _time.Advance(SessionLease);

        Assert.DoesNotContain(SessionLease, _time.Armed);
    }

    [Fact]
    public async Task NearCache_IsSwept_WhileItKeepsAnything()
    {
        await _host.Serve();
        using var near = new NearCache(
            new SiloNearLeases(_host.Ledger, _host.Lease), new() { NearCache = NearCacheMode.On }, CacheListeners.None, _time, NullLogger<NearCache>.Instance);
        Assert.DoesNotContain(Look, _time.Armed);

        near.KeepGenerated("key", EntrySilo.Scope("key"), EntrySilo.Data("t"), terms: null, near.Ask());
        Assert.Equal(1, near.Count);
        Assert.Single(_time.Armed, Look);
        _time.Advance(Look);
        Assert.Equal(1, near.Count);
        Assert.Single(_time.Armed, Look);

        Assert.True((await _host.Invalidator.Begin(Update).Completion).IsComplete);
        _time.Advance(Look);
        _time.Advance(Look);

        Assert.Equal(0, near.Count);
        Assert.DoesNotContain(Look, _time.Armed);
    }

    private sealed class NoClient : INearCacheObserver
    {
        public Task<long> Apply(Push[] pushes) => Task.FromResult(pushes[^1].Number);

        public Task End(SessionId session) => Task.CompletedTask;
    }
}
