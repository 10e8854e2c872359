using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>How a holder counts its hold.</summary>
public sealed class HoldTimeTests
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(10);
    private static readonly Moment AskedAt = new(TimeSpan.FromMinutes(5).Ticks);
    private static readonly HoldTime Time = new(AskedAt, AtMost);

    [Fact]
    public void Deadline_IsCountedFromBeforeTheAsk_AndShortened()
    {
        Assert.Equal(AskedAt + TimeSpan.FromSeconds(9.9), Time.Deadline);
        Assert.Equal(TimeSpan.FromSeconds(9.9), Time.LeftAt(AskedAt));
        Assert.Equal(TimeSpan.FromSeconds(0.9), Time.LeftAt(AskedAt + TimeSpan.FromSeconds(9)));
        Assert.Equal(TimeSpan.Zero, Time.LeftAt(AskedAt + AtMost));
    }

    [Fact]
    public void IsHeldAt_EndsWithTheDeadlineItself()
    {
        Assert.True(Time.IsHeldAt(Time.Deadline + TimeSpan.FromTicks(-1)));
        Assert.False(Time.IsHeldAt(Time.Deadline));
    }

    /// <summary>Invariant H4: each member's deadline, even of one that heard of the hold at the very moment of the ask and whose clock is fast by the bound, is after the holder's.</summary>
    [Fact]
    public void Members_HoldForLongerThanTheHolderBelieves()
    {
        Assert.True(LeaseTerms.WaitOut(AtMost) * (1 - LeaseTerms.RateError) > LeaseTerms.Usable(AtMost));
        Assert.True(HoldTime.OverEverywhere(AskedAt, AtMost) > Time.Deadline);
    }

    /// <summary>Invariant H4: neither the holder's clock nor a silo's word is enough.</summary>
    [Theory]
    [InlineData(0, true, true)]
    [InlineData(0, false, false)]
    [InlineData(9.8, true, true)]
    [InlineData(9.9, true, false)]
    [InlineData(20, true, false)]
    [InlineData(20, false, false)]
    public void WasHeldThroughout_NeedsTheHoldersClock_AndASilosWord(double secondsLater, bool isSaidBySilo, bool was) =>
        Assert.Equal(was, Time.WasHeldThroughout(AskedAt + TimeSpan.FromSeconds(secondsLater), isSaidBySilo));

    [Theory]
    [InlineData(10, 30, 10)]
    [InlineData(60, 30, 30)]
    public void LongestTry_IsTheShorterOfTheHoldAndTheUpdateTimeout(double atMost, double updateTimeout, double longest) =>
        Assert.Equal(TimeSpan.FromSeconds(longest), HoldTime.LongestTry(TimeSpan.FromSeconds(atMost), TimeSpan.FromSeconds(updateTimeout)));

    [Theory]
    [InlineData(0.000001, true)]
    [InlineData(60, true)]
    [InlineData(60.000001, false)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    public void Check_TakesMoreThanZeroAndUpToAMinute(double seconds, bool isFine)
    {
        var refused = Record.Exception(() => HoldTime.Check(TimeSpan.FromSeconds(seconds), "atMost"));

        Assert.Equal(isFine, refused is null);
        Assert.Equal(isFine ? null : "atMost", (refused as ArgumentOutOfRangeException)?.ParamName);
    }
}
