using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Http.Limits;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>How many calls a caller has left, on a clock that the test owns.</summary>
public sealed class CallAllowancesTests
{
    private const int AtOnce = 3;

    private static readonly TimeSpan OneEvery = TimeSpan.FromSeconds(3);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryTake_AsManyAsMayComeAtOnce_AndNoMore()
    {
        var calls = new CallAllowances<string>(AtOnce, OneEvery, _time);

        Assert.Equal(AtOnce, Taken(calls, "a"));
        Assert.Equal(AtOnce, Taken(calls, "b"));
    }

    [Fact]
    public void TryTake_WithNoneLeft_GetsOneEachTimeOneHasComeBack()
    {
        var calls = new CallAllowances<string>(AtOnce, OneEvery, _time);
        Taken(calls, "a");

        _time.Advance(OneEvery - TimeSpan.FromTicks(1));
        Assert.Equal(0, Taken(calls, "a"));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, Taken(calls, "a"));
        _time.Advance(2 * OneEvery);
        Assert.Equal(2, Taken(calls, "a"));
    }

    [Fact]
    public void TryTake_AfterALongTime_GetsNoMoreThanMayComeAtOnce()
    {
        var calls = new CallAllowances<string>(AtOnce, OneEvery, _time);
        Taken(calls, "a");

        _time.Advance(100 * OneEvery);

        Assert.Equal(AtOnce, Taken(calls, "a"));
    }

    /// <summary>Those that are refused do not put off what comes back.</summary>
    [Fact]
    public void TryTake_ThatIsRefused_CostsNothing()
    {
        var calls = new CallAllowances<string>(AtOnce, OneEvery, _time);
        Taken(calls, "a");
        for (var i = 0; i < 100; i++)
        {
            Assert.False(calls.TryTake("a"));
        }

        _time.Advance(OneEvery);

        Assert.Equal(1, Taken(calls, "a"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1_000_000)]
    public void TryTake_OfASecondsWorth_IsExact(int aSecond)
    {
        var calls = new CallAllowances<string>(aSecond, TimeSpan.FromSeconds(1) / aSecond, _time);

        Assert.Equal(aSecond, Taken(calls, "a"));
    }

    [Fact]
    public void Callers_WhoHaveAllOfTheirs_AreForgotten_AndNoOthers()
    {
        var calls = new CallAllowances<string>(AtOnce, OneEvery, _time);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(calls.TryTake(i.ToString(CultureInfo.InvariantCulture)));
            _time.Advance(OneEvery / 50);
        }

        Assert.InRange(calls.Remembered, 50, 150);
        Assert.Equal(AtOnce, Taken(calls, "0"));
        Assert.Equal(AtOnce - 1, Taken(calls, "9999"));
    }

    [Fact]
    public void Callers_NoneOfWhomHasRecovered_AreAllRemembered()
    {
        var calls = new CallAllowances<string>(AtOnce, OneEvery, _time);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Equal(AtOnce, Taken(calls, i.ToString(CultureInfo.InvariantCulture)));
        }

        Assert.Equal(1_000, calls.Remembered);
        Assert.Equal(0, Taken(calls, "0"));
    }

    /// <summary>A silo that nobody calls is not woken.</summary>
    [Fact]
    public void Limits_RunNoTimer()
    {
        var time = new TimerCount();
        var limits = new RequestLimits(new(), time);
        var failures = new OrleansTagCache.Http.Authentication.FailedAttempts(new(), time);

        Assert.Null(limits.CountCall("a"));
        Assert.Null(failures.Count(null));

        Assert.Equal(0, time.Timers);
    }

    private static int Taken(CallAllowances<string> calls, string caller)
    {
        var taken = 0;
        while (calls.TryTake(caller))
        {
            taken++;
        }

        return taken;
    }

    private sealed class TimerCount : TimeProvider
    {
        public int Timers { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
