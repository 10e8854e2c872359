using CsCheck;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class FreshnessTests
{
    private static readonly CacheLife Life = new(TimeSpan.Zero, TimeSpan.FromTicks(10), TimeSpan.FromTicks(20));

    [Theory]
    [InlineData(0, nameof(Freshness.Fresh))]
    [InlineData(9, nameof(Freshness.Fresh))]
    [InlineData(10, nameof(Freshness.Fresh))]
    [InlineData(11, nameof(Freshness.Stale))]
    [InlineData(19, nameof(Freshness.Stale))]
    [InlineData(20, nameof(Freshness.Stale))]
    [InlineData(21, nameof(Freshness.Expired))]
    [InlineData(long.MaxValue, nameof(Freshness.Expired))]
    public void Of_ByAgeAlone_TurnsJustBeyondTheBorders(long age, string expected) =>
        Assert.Equal(expected, FreshnessRule.Of(Life, TimeSpan.FromTicks(age), StalingVerdict.None, Moment.Never).ToString());

    [Theory]
    [InlineData(0, 99, nameof(Freshness.Stale))]
    [InlineData(10, 99, nameof(Freshness.Stale))]
    [InlineData(20, 99, nameof(Freshness.Stale))]
    [InlineData(21, 99, nameof(Freshness.Expired))]
    [InlineData(0, 100, nameof(Freshness.Expired))]
    [InlineData(15, 100, nameof(Freshness.Expired))]
    [InlineData(0, 101, nameof(Freshness.Expired))]
    public void Of_Staled_IsStaleUntilTheDeadlineAndExpiredAtIt(long age, long now, string expected) => Assert.Equal(
        expected,
        FreshnessRule.Of(Life, TimeSpan.FromTicks(age), new(true, new(100)), new(now)).ToString());

    [Fact]
    public void Of_NotStaled_IgnoresTheDeadline() =>
        Assert.Equal(Freshness.Fresh, FreshnessRule.Of(Life, TimeSpan.Zero, default, new(1)));

    [Fact]
    public void Of_ForeverLife_NeverExpiresByAge() =>
        Assert.Equal(Freshness.Stale, FreshnessRule.Of(CacheLife.Default, TimeSpan.MaxValue, StalingVerdict.None, Moment.Never));

    [Fact]
    public void Of_OlderOrLater_IsNeverFresher() => Gen.Select(
        Gen.Long[0, 25], Gen.Long[0, 5], Gen.Bool, Gen.Long[0, 25], Gen.Long[0, 5]).Sample(
        (age, more, isStale, now, later) =>
        {
            var staling = isStale ? new StalingVerdict(true, new(12)) : StalingVerdict.None;
            var before = FreshnessRule.Of(Life, TimeSpan.FromTicks(age), staling, new(now));
            var after = FreshnessRule.Of(Life, TimeSpan.FromTicks(age + more), staling, new(now + later));
            Assert.True(before <= after, $"{before} became {after}");
        },
        iter: 2_000);

    [Fact]
    public void Combine_IsStaleIfOneIsAndKeepsTheEarlierDeadline()
    {
        var early = new StalingVerdict(true, new(5));
        var late = new StalingVerdict(true, new(9));
        Assert.Equal(early, StalingVerdict.Combine(early, late));
        Assert.Equal(early, StalingVerdict.Combine(late, early));
        Assert.Equal(late, StalingVerdict.Combine(late, StalingVerdict.None));
        Assert.Equal(late, StalingVerdict.Combine(StalingVerdict.None, late));
        Assert.Equal(StalingVerdict.None, StalingVerdict.Combine(StalingVerdict.None, StalingVerdict.None));
    }

    [Fact]
    public void Moment_Arithmetic_SaturatesAtBothEnds()
    {
        Assert.Equal(Moment.Never, Moment.Never + TimeSpan.FromTicks(1));
        Assert.Equal(Moment.Never, new Moment(1) + CacheLife.Forever);
        Assert.Equal(Moment.Past, Moment.Past + TimeSpan.FromTicks(-1));
        Assert.Equal(TimeSpan.MaxValue, Moment.Never - Moment.Past);
        Assert.Equal(TimeSpan.MinValue, Moment.Past - Moment.Never);
        Assert.Equal(new Moment(12), new Moment(5) + TimeSpan.FromTicks(7));
        Assert.Equal(TimeSpan.FromTicks(-7), new Moment(5) - new Moment(12));
    }

    [Fact]
    public void Moment_EarlierAndLater_PickTheRightOne()
    {
        Assert.Equal(new Moment(1), Moment.Earlier(new(1), new(2)));
        Assert.Equal(new Moment(1), Moment.Earlier(new(2), new(1)));
        Assert.Equal(new Moment(2), Moment.Later(new(1), new(2)));
        Assert.Equal(new Moment(2), Moment.Later(new(2), new(1)));
    }
}
