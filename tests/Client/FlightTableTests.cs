using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Flights;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Who may share a flight (invariant F1): nobody takes an answer that may be older than his own question.</summary>
public sealed class FlightTableTests
{
    private static readonly FlightKey Key = new("default:k", "default:k", FreshOnly: false);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly FlightResult Value = new(new(new([1], null), [], CacheLife.Default, TimeSpan.Zero), null);

    private readonly FakeTimeProvider _time = new();
    private readonly FlightTable _table;

    public FlightTableTests() => _table = new(_time, Grace);

    [Fact]
    public void Join_BeforeTheFlightAsked_TakesWhateverItBrings()
    {
        var first = Lead();

        var second = _table.Join(Key);
        _table.End(Key, first, Value, FlightResult.AskAgain);

        Assert.Equal((first, FlightRole.Early), second);
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
        Assert.Equal((next, FlightRole.Early), third);
        Assert.Equal((1, 2), (first.Callers, next.Callers));
    }

    [Fact]
    public void Join_WhileTheFactoryRuns_TakesTheValueOnlyIfTheCommitFoundItLive()
    {
        var (live, dead) = (Lead(FlightPhase.Generating), Lead(FlightPhase.Generating, Key with { FreshOnly = true }));

        Assert.Equal((live, FlightRole.Late), _table.Join(Key));
        Assert.Equal((dead, FlightRole.Late), _table.Join(Key with { FreshOnly = true }));
        _table.End(Key, live, Value, Value);
        _table.End(Key with { FreshOnly = true }, dead, Value, FlightResult.AskAgain);

        Assert.Same(Value, Result(live.Late));
        Assert.Same(Value, Result(dead.Early));
        Assert.Same(FlightResult.AskAgain, Result(dead.Late));
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

    [Fact]
    public void End_OnlyTheFirstCallCounts()
    {
        var first = Lead();
        _table.End(Key, first, Value, Value);
        var second = Lead();

        _table.End(Key, first, FlightResult.AskAgain, FlightResult.AskAgain);

        Assert.Same(Value, Result(first.Early));
        Assert.Equal((second, FlightRole.Early), _table.Join(Key));
    }

    [Fact]
    public void Leave_OfTheLastCaller_CancelsTheFlight()
    {
        var flight = Lead(FlightPhase.Generating);
        _table.Join(Key);

        _table.Leave(flight, FlightRole.Late);
        Assert.False(flight.Cancellation.IsCancellationRequested);
        _table.Leave(flight, FlightRole.Leader);

        Assert.True(flight.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public async Task Leave_OfTheLeader_GivesTheOthersAGrace()
    {
        var flight = Lead(FlightPhase.Generating);
        _table.Join(Key);
        var cancelled = new TaskCompletionSource();
        flight.Cancellation.Token.Register(() => cancelled.SetResult());

        _table.Leave(flight, FlightRole.Leader);
        _time.Advance(Grace - TimeSpan.FromTicks(1));
        Assert.False(flight.Cancellation.IsCancellationRequested);

        _time.Advance(TimeSpan.FromTicks(1));
        await cancelled.Task.Soon();
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
