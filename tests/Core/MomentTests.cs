using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class MomentTests
{
    [Fact]
    public void Arithmetic_SaturatesAtBothEnds()
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
    public void EarlierAndLater_PickTheRightOne()
    {
        Assert.Equal(new Moment(1), Moment.Earlier(new(1), new(2)));
        Assert.Equal(new Moment(1), Moment.Earlier(new(2), new(1)));
        Assert.Equal(new Moment(2), Moment.Later(new(1), new(2)));
        Assert.Equal(new Moment(2), Moment.Later(new(2), new(1)));
    }
}
