using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Flights;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Who may share a flight (invariant F1): nobody takes an answer that may be older than his own question.</summary>
public sealed class FlightTableTests
{
    private static readonly FlightKey Key = new("default:k", "default:k", FreshOnly: false);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly FlightResult Value = new(new(new([1], null), [], CacheLife.Default, TimeSpan.Zero));

    private readonly FakeTimeProvider _time = new();
    private readonly FlightTable _table;

    public FlightTableTests() => _table = new(_time, Grace);

    [Fact]
    public void Join_BeforeTheFlightAsked_TakesWhateverItBrings()
    {
        var first = Lead();

        var second = _table.Join(Key);
        _table.End(Key, first, Value, FlightResult.AskAgain);

        Assert.Equal((first, FlightRole.Follower), second);
        Assert.Same(Value, Result(first.Early));
    }

    [Theory]
    [InlineData((int)FlightPhase.Asking)]
    [InlineData((int)FlightPhase.Closing)]
    public void Join_WhileAQuestionOrACommitIsOnItsWay_LeadsTheNextFlight(int phase)
    {
        var first = Lead((FlightPhase)phase);

        var (next, role) = _table.Join(Key);
        var third = _table.Join(Key);

        Assert.Equal(FlightRole.Leader, role);
        Assert.NotSame(first, next);
        Assert.Same(first, next.Previous);
        Assert.Equal((next, FlightRole.Follower), third);
        Assert.Equal((1, 2), (first.Callers, next.Callers));
    }

    [Fact]
    public void Join_WhileTheFactoryRuns_TakesTheValueOnlyIfTheCommitFoundItLive()
    {
        var other = Key with { FreshOnly = true };
        var (live, dead) = (Lead(FlightPhase.Generating), Lead(FlightPhase.Generating, other));
        var (nextOfLive, nextOfDead) = (_table.Join(Key).Flight, _table.Join(other).Flight);

        _table.End(Key, live, Value, Value);
        _table.End(other, dead, Value, FlightResult.AskAgain);

        Assert.Same(Value, Result(nextOfLive.Early));
        Assert.Same(Value, Result(dead.Early));
        Assert.False(nextOfDead.Early.IsCompleted);
        Assert.Same(FlightResult.AskAgain, Result(dead.Late));
    }

    /// <summary>Whoever waits no longer for the flight before is whom newcomers meet; that one ends for its own callers alone.</summary>
    [Fact]
    public void TryPass_OfAFlightThatIsStillOnItsWay_TakesItsPlace()
    {
        var first = Lead(FlightPhase.Generating);
        var second = _table.Join(Key).Flight;

        Assert.True(_table.TryPass(Key, second));
        Enter(second, FlightPhase.Generating);
        var third = _table.Join(Key).Flight;
        _table.End(Key, first, Value, Value);

        Assert.Null(second.Previous);
        Assert.Same(second, third.Previous);
        Assert.Same(Value, Result(first.Early));
        Assert.False(second.Early.IsCompleted);
        Assert.False(third.Early.IsCompleted);
        _table.End(Key, second, Value, Value);
        Assert.Same(Value, Result(third.Early));
    }

    /// <summary>Or each would keep all that were before it, with their values.</summary>
    [Fact]
    public void TryPass_AfterTheFlightBeforeHasEnded_LetsGoOfIt()
    {
        var first = Lead(FlightPhase.Asking);
        var second = _table.Join(Key).Flight;
        _table.End(Key, first, Value, FlightResult.AskAgain);

        Assert.True(_table.TryPass(Key, second));

        Assert.Null(second.Previous);
        Assert.Null(first.Next);
        Assert.Equal((second, FlightRole.Follower), _table.Join(Key));
    }

    [Fact]
    public void End_WithALiveValue_ServesTheNextFlightOfThoseWhoCameBeforeTheCommit()
    {
        var first = Lead(FlightPhase.Asking);
        var next = _table.Join(Key).Flight;
        Enter(first, FlightPhase.Generating);
        Enter(first, FlightPhase.Closing);

        _table.End(Key, first, Value, Value);

        Assert.Same(Value, Result(next.Early));
        Assert.False(_table.TryEnter(next, FlightPhase.Asking));
        Assert.Equal(FlightRole.Leader, _table.Join(Key).Role);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void End_WithALiveValue_LetsTheNextFlightAskIfAnybodyInItCameAfterTheCommitBegan(bool isFirstOfTheNext)
    {
        var first = Lead(FlightPhase.Asking);
        if (!isFirstOfTheNext)
        {
            _table.Join(Key);
        }

        Enter(first, FlightPhase.Closing);
        var next = _table.Join(Key).Flight;

        _table.End(Key, first, Value, Value);

        Assert.False(next.Early.IsCompleted);
        Assert.True(_table.TryEnter(next, FlightPhase.Asking));
        Assert.NotSame(next, _table.Join(Key).Flight);
    }

    [Fact]
    public void End_WithADeadValue_LetsTheNextFlightAsk()
    {
        var first = Lead(FlightPhase.Asking);
        var next = _table.Join(Key).Flight;

        _table.End(Key, first, Value, FlightResult.AskAgain);

        Assert.False(next.Early.IsCompleted);
        Assert.True(_table.TryEnter(next, FlightPhase.Asking));
    }

    /// <summary>Its leader has gone while it waited for the one before: those who come then would meet its end again and again.</summary>
    [Fact]
    public void End_OfAFlightThatStillWaits_LetsNewcomersLeadAnother()
    {
        var first = Lead(FlightPhase.Generating);
        var left = _table.Join(Key).Flight;

        _table.End(Key, left, FlightResult.AskAgain, FlightResult.AskAgain);
        var (next, role) = _table.Join(Key);

        Assert.Equal(FlightRole.Leader, role);
        Assert.NotSame(left, next);
        Assert.Same(first, next.Previous);
        Assert.Null(left.Previous);
    }

    [Fact]
    public void End_OnlyTheFirstCallCounts()
    {
        var first = Lead();
        _table.End(Key, first, Value, Value);
        var second = Lead();

        _table.End(Key, first, FlightResult.AskAgain, FlightResult.AskAgain);

        Assert.Same(Value, Result(first.Early));
        Assert.Equal((second, FlightRole.Follower), _table.Join(Key));
    }

    [Fact]
    public void Leave_OfTheLastCaller_CancelsTheFlight()
    {
        var flight = Lead();
        _table.Join(Key);

        _table.Leave(flight, FlightRole.Follower, mayGoOn: true);
        Assert.False(flight.Cancellation.IsCancellationRequested);
        _table.Leave(flight, FlightRole.Leader, mayGoOn: true);

        Assert.True(flight.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public void Leave_OfTheLastCallerBehindAFlight_CancelsThatToo()
    {
        var flight = Lead(FlightPhase.Generating);
        var next = _table.Join(Key).Flight;

        _table.Leave(flight, FlightRole.Leader, mayGoOn: true);
        Assert.False(flight.Cancellation.IsCancellationRequested);
        _table.Leave(next, FlightRole.Leader, mayGoOn: true);

        Assert.Equal((true, true), (flight.Cancellation.IsCancellationRequested, next.Cancellation.IsCancellationRequested));
    }

    [Fact]
    public async Task Leave_OfTheLeader_GivesTheOthersAGraceIfItsFactoryMayGoOn()
    {
        var flight = Lead();
        _table.Join(Key);
        var cancelled = new TaskCompletionSource();
        flight.Cancellation.Token.Register(() => cancelled.SetResult());

        _table.Leave(flight, FlightRole.Leader, mayGoOn: true);
        _time.Advance(Grace - TimeSpan.FromTicks(1));
        Assert.Equal((false, true), (flight.Cancellation.IsCancellationRequested, flight.IsOrphaned));

        _time.Advance(TimeSpan.FromTicks(1));
        await cancelled.Task.Soon();
    }

    [Fact]
    public void Leave_OfTheLeader_CancelsAFactoryThatMayNotGoOn()
    {
        var flight = Lead();
        _table.Join(Key);

        _table.Leave(flight, FlightRole.Leader, mayGoOn: false);

        Assert.True(flight.Cancellation.IsCancellationRequested);
    }

    /// <summary>What a leader still makes then is for itself alone.</summary>
    [Fact]
    public void Leave_OfTheLeaderOfAFlightThatIsOver_CancelsIt()
    {
        var flight = Lead();
        _table.Join(Key);
        _table.End(Key, flight, Value, FlightResult.AskAgain);

        _table.Leave(flight, FlightRole.Leader, mayGoOn: true);

        Assert.True(flight.Cancellation.IsCancellationRequested);
    }

    private Flight Lead(FlightPhase phase = FlightPhase.Gathering, FlightKey? key = null)
    {
        var (flight, role) = _table.Join(key ?? Key);
        Assert.Equal(FlightRole.Leader, role);
        Enter(flight, phase);
        return flight;
    }

    private void Enter(Flight flight, FlightPhase phase) => Assert.True(_table.TryEnter(flight, phase));

    private static FlightResult Result(Task<FlightResult> task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        return task.Result;
    }
}
