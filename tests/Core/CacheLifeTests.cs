using CsCheck;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class CacheLifeTests
{
    private static readonly Gen<TimeSpan> Durations = Gen.Frequency(
        (6, Gen.Long[0, 20].Select(TimeSpan.FromTicks)),
        (3, Gen.Long[0, TimeSpan.TicksPerDay * 400].Select(TimeSpan.FromTicks)),
        (1, Gen.Const(CacheLife.Forever)));

    private static readonly Gen<CacheLife> Lives = Gen.Select(Durations, Durations, Durations, (stale, one, two) =>
        new CacheLife(stale, one <= two ? one : two, one <= two ? two : one));

    [Theory]
    [InlineData("default", 300, 900, null)]
    [InlineData("seconds", 30, 1, 60)]
    [InlineData("minutes", 300, 60, 3_600)]
    [InlineData("hours", 300, 3_600, 86_400)]
    [InlineData("days", 300, 86_400, 604_800)]
    [InlineData("weeks", 300, 604_800, 2_592_000)]
    [InlineData("max", 300, 2_592_000, 31_536_000)]
    public void Profile_BuiltIn_HasTheDocumentedFigures(string name, int stale, int revalidate, int? expire)
    {
        var expected = (TimeSpan.FromSeconds(stale), TimeSpan.FromSeconds(revalidate),
            expire is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue);
        Assert.Equal(expected, Fields(CacheLife.Profile(name)));
        Assert.Equal(expected, Fields(CacheLife.Profile(name.ToUpperInvariant())));
        Assert.Equal(expected, Fields(new CacheLifeProfiles().Named(name, "life")));
        Assert.Null(CacheLife.Profile(name).ProfileName);
    }

    [Fact]
    public void Properties_AreTheProfilesOfTheirNames()
    {
        Assert.Same(CacheLife.Default, CacheLife.Profile("default"));
        Assert.Same(CacheLife.Seconds, CacheLife.Profile("seconds"));
        Assert.Same(CacheLife.Minutes, CacheLife.Profile("minutes"));
        Assert.Same(CacheLife.Hours, CacheLife.Profile("hours"));
        Assert.Same(CacheLife.Days, CacheLife.Profile("days"));
        Assert.Same(CacheLife.Weeks, CacheLife.Profile("weeks"));
        Assert.Same(CacheLife.Max, CacheLife.Profile("max"));
    }

    [Theory]
    [InlineData(-1, 0, 0, "stale")]
    [InlineData(0, -1, 0, "revalidate")]
    [InlineData(0, 0, -1, "expire")]
    public void Create_NegativeDuration_IsRefused(int stale, int revalidate, int expire, string parameter) =>
        Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(() => Ticks(stale, revalidate, expire)).ParamName);

    [Fact]
    public void Create_ExpireLessThanRevalidate_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Ticks(0, 11, 10));
        Assert.Equal("expire", error.ParamName);
        Assert.Contains(TimeSpan.FromTicks(10).ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains(TimeSpan.FromTicks(11).ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromTicks(10), Ticks(99, 10, 10).Expire);
    }

    [Fact]
    public void For_Duration_IsFreshThenAMiss()
    {
        var duration = TimeSpan.FromTicks(7);
        Assert.Equal((duration, duration, duration), Fields(CacheLife.For(duration)));
        Assert.Equal(TimeSpan.Zero, CacheLife.For(TimeSpan.Zero).Expire);
        Assert.Throws<ArgumentOutOfRangeException>(() => CacheLife.For(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Smallest_IsTheMinimumOfEachField() => Gen.Select(Lives, Lives).Sample(
        (left, right) => Assert.Equal(
            (Min(left.Stale, right.Stale), Min(left.Revalidate, right.Revalidate), Min(left.Expire, right.Expire)),
            Fields(CacheLife.Smallest(left, right))),
        iter: 2_000);

    [Fact]
    public void After_TakesTheAgeOffAndStopsAtZero() => Gen.Select(Lives, Durations).Sample(
        (life, age) => Assert.Equal((life.Stale, Left(life.Revalidate, age), Left(life.Expire, age)), Fields(life.After(age))),
        iter: 2_000);

    [Fact]
    public void After_ForeverStaysForever() =>
        Assert.Equal(CacheLife.Forever, CacheLife.Default.After(TimeSpan.FromDays(10_000)).Expire);

    [Fact]
    public void Profile_OfTheOptions_HasNoDurationsUntilItIsResolved()
    {
        var own = Ticks(1, 2, 3);
        var named = CacheLife.Profile("Mine");
        Assert.Equal("Mine", named.ProfileName);
        Assert.Throws<InvalidOperationException>(() => named.Stale);
        Assert.Throws<InvalidOperationException>(() => named.Revalidate);
        Assert.Throws<InvalidOperationException>(() => named.Expire);

        var profiles = new CacheLifeProfiles([new("mine", own)]);
        Assert.Same(own, profiles.Resolve(named, "life"));
        Assert.Same(own, profiles.Named("MINE", "life"));
    }

    [Fact]
    public void Resolve_LifeWithDurations_IsThatLife()
    {
        var life = Ticks(1, 2, 3);
        Assert.Same(life, new CacheLifeProfiles().Resolve(life, "life"));
    }

    [Fact]
    public void Resolve_UnknownProfile_IsRefusedAndListsTheKnown()
    {
        var profiles = new CacheLifeProfiles([new("mine", CacheLife.Hours)]);
        var error = Assert.Throws<ArgumentException>(() => profiles.Resolve(CacheLife.Profile("secret"), "profile"));
        Assert.Equal("profile", error.ParamName);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Contains("(6 units)", error.Message, StringComparison.Ordinal);
        Assert.Contains("default, seconds, minutes, hours, days, weeks, max, mine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Profile_WithoutAName_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => CacheLife.Profile(string.Empty));
        Assert.Throws<ArgumentNullException>(() => CacheLife.Profile(null!));
    }

    private static CacheLife Ticks(long stale, long revalidate, long expire) =>
        new(TimeSpan.FromTicks(stale), TimeSpan.FromTicks(revalidate), TimeSpan.FromTicks(expire));

    private static (TimeSpan Stale, TimeSpan Revalidate, TimeSpan Expire) Fields(CacheLife life) =>
        (life.Stale, life.Revalidate, life.Expire);

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => TimeSpan.FromTicks(Math.Min(left.Ticks, right.Ticks));

    private static TimeSpan Left(TimeSpan duration, TimeSpan age) => duration == TimeSpan.MaxValue
        ? duration
        : TimeSpan.FromTicks(Math.Max(0, duration.Ticks - age.Ticks));
}
