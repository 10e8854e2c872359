using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a silo does before it serves anything (invariant M3), and before it is gone.</summary>
public sealed class JoinTests : IDisposable
{
    private static readonly SiloAddress Self = InvalidatorHost.Self;
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly SiloAddress B = InvalidatorHost.Silo(3);

    private readonly JoinHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Join_OfALoneSilo_WaitsForNothingAndExpiresEverything()
    {
        var stamp = _host.Silo.Ledger.Stamp();
        _host.Rows = [(Self, SiloStatus.Joining)];

        await _host.Start();

        Assert.Equal(TimeSpan.Zero, await _host.Served);
        Assert.False(_host.Silo.Ledger.IsSinceEpoch(stamp));
    }

    [Fact]
    public async Task Join_BeforeTheOwnRowIsThere_DoesNotReadTheTable()
    {
        var wasThere = new List<bool>();
        _host.Rows = [(Self, SiloStatus.Joining)];
        _host.OnRead = () => wasThere.Add(_host.Silo.IsAliveInTable);
        _host.Silo.IsAliveInTable = false;

        var starting = _host.Start();
        await _host.AdvanceUntil(() => starting.IsCompleted);
        _host.Silo.IsAliveInTable = true;
        await _host.AdvanceUntil(() => _host.Served.IsCompleted);

        // Once for each round of greetings.
        Assert.Equal([true, true], wasThere);
    }

    [Theory]
    [InlineData(SiloStatus.Active)]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.ShuttingDown)]
    public async Task Join_GreetsASiloThatIsNotDeadUntilItAnswers(SiloStatus status)
    {
        var greetings = 0;
        _host.Rows = [(Self, SiloStatus.Joining), (A, status)];
        _host.Silo.Peers[A].AnswerHello = () => ++greetings < 3 ? Task.FromException<bool>(new TimeoutException()) : Task.FromResult(true);

        _ = _host.Start();
        await _host.AdvanceUntil(() => _host.Served.IsCompleted);

        // And once more in the second round.
        Assert.Equal(4, greetings);
        Assert.Equal([A], _host.Silo.Members.Others);
    }

    [Fact]
    public async Task Join_WaitsOutADeadRowAndDoesNotGreetIt()
    {
        var greetings = 0;
        _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Dead)];
        _host.Silo.Peers[A].AnswerHello = () => Task.FromResult(++greetings > 0);

        var died = Events.On(CacheEvent.MemberDied);
        _ = _host.Start();
        await died.Until(() => _host.Silo.Members.IsDead(A));
        await _host.AdvanceUntil(() => _host.Served.IsCompleted);

        Assert.True(await _host.Served > LeaseTerms.WaitOut(InvalidatorHost.LeaseLength) - JoinHost.Step, $"{await _host.Served}");
        Assert.Equal(0, greetings);
    }

    [Fact]
    public async Task Join_WaitsOutASiloThatDiesWhileItIsGreeted()
    {
        var (reads, died) = (0, TimeSpan.MaxValue);
        var begun = _host.Silo.Time.GetTimestamp();
        _host.OnRead = () => died = ++reads == 2 ? _host.Silo.Time.GetElapsedTime(begun) : died;
        _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)];
        _host.Silo.Peers[A].AnswerHello = () =>
        {
            _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Dead)];
            return Task.FromException<bool>(new SiloUnavailableException());
        };

        _ = _host.Start();
        await _host.AdvanceUntil(() => _host.Served.IsCompleted);

        Assert.True(await _host.Served - died > LeaseTerms.WaitOut(InvalidatorHost.LeaseLength) - JoinHost.Step, $"Died at {died}, served at {await _host.Served}.");
    }

    [Fact]
    public async Task Leave_EndsTheLeaseBeforeItSaysGoodbye()
    {
        var wasServing = new List<bool>();
        _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)];
        _host.Silo.Peers[A].OnGoodbye = () => wasServing.Add(_host.Silo.Lease.IsValid());
        await _host.Start();
        Assert.True(_host.Silo.Lease.IsValid());

        await _host.Leave();

        Assert.Equal([false], wasServing);
    }

    /// <summary>A hold may begin when the first Hello has been answered, and its coordinator die without a word to the silo that joins.</summary>
    [Fact]
    public async Task Join_GreetsAgainAfterTheWait_AndHoldsWhatIsHeldThen()
    {
        var hold = new HoldLeft(new(Guid.NewGuid(), 1), [InvalidatorHost.Tag("t")], TimeSpan.FromSeconds(10));
        var (askedAt, begun) = (new List<TimeSpan>(), _host.Silo.Time.GetTimestamp());
        _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active), (B, SiloStatus.Dead)];
        _host.Silo.Peers[A].Holds = () =>
        {
            askedAt.Add(_host.Silo.Time.GetElapsedTime(begun));
            return [hold];
        };
        _host.Silo.Lease.Renewed += () => Assert.True(!_host.Silo.Lease.IsValid() || _host.Silo.Invalidator.Holds.Count == 1, "It serves without the hold.");

        _ = _host.Start();
        await _host.AdvanceUntil(() => _host.Served.IsCompleted);

        Assert.True(await _host.Served > LeaseTerms.WaitOut(InvalidatorHost.LeaseLength) - JoinHost.Step);
        Assert.True(askedAt[^1] > LeaseTerms.WaitOut(InvalidatorHost.LeaseLength) - JoinHost.Step, $"{askedAt[^1]}");
        Assert.Equal(1, _host.Silo.Ledger.Holds);
        Assert.False(_host.Silo.Invalidator.Release(new(hold.Id, hold.Tags)), "It has the hold from a Hello, and cannot tell.");
        Assert.Equal(0, _host.Silo.Ledger.Holds);
    }

    [Fact]
    public async Task Join_IsNotOver_UntilTheSecondHelloIsAnswered()
    {
        _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)];
        var asked = 0;
        _host.Silo.Peers[A].Holds = () => ++asked < 3 ? throw new TimeoutException() : [];

        _ = _host.Start();
        await _host.AdvanceUntil(() => _host.Served.IsCompleted);

        Assert.Equal(3, asked);
    }

    /// <summary>Without a lease it may send nothing: to wait for one for as long as a hand-over may take would hold its end up for nothing.</summary>
    [Fact]
    public async Task Leave_OfASiloThatIsCutOffFromTheTable_EndsTheHandoverAfterALease()
    {
        _host.Options.HandoverTimeout = TimeSpan.FromMinutes(10);
        await StartWithSomethingForA();
        _host.Silo.OnReadRow = () => Task.FromException<bool>(new TimeoutException());

        var took = await Leave();

        // What was left of the lease, and a whole one; the clock of the test may run ahead of those that it wakes.
        Assert.InRange(took, InvalidatorHost.LeaseLength, _host.Options.HandoverTimeout / 2);
    }

    [Fact]
    public async Task Leave_OfASiloWithALease_HandsOverForAsLongAsItMay()
    {
        (_host.Options.HandoverTimeout, _host.Options.ServingLease) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5));
        await StartWithSomethingForA();

        Assert.True(await Leave() >= TimeSpan.FromMinutes(1));
    }

    /// <summary>A serves, and takes nothing.</summary>
    private async Task StartWithSomethingForA()
    {
        _host.Cluster.Is((Self, SiloStatus.Active, true), (A, SiloStatus.Active, true));
        _host.Rows = [(Self, SiloStatus.Joining), (A, SiloStatus.Active)];
        await _host.Start();
        await _host.Served;
        var scoped = CacheNamespace.Default.Scope("key");
        var token = _host.Store.Ask(scoped, new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero)).Token;
        Assert.Equal(CommitStatus.Stored, _host.Store.Commit(scoped, token, new(new([1], null), [], CopiedTags: null, CacheLife.Default), sessions: null).Status);
    }

    private async Task<TimeSpan> Leave()
    {
        var begun = _host.Silo.Time.GetTimestamp();
        var leaving = _host.Leave();
        await _host.AdvanceUntil(() => leaving.IsCompleted);
        await leaving;
        return _host.Silo.Time.GetElapsedTime(begun);
    }
}
