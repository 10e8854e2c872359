using OrleansTagCache.Lifetimes;
using OrleansTagCache.Moving;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

public sealed class MovePaceTests
{
    private static readonly TimeSpan Took = TimeSpan.FromMilliseconds(10);

    private readonly SteppedTime _time = new();
    private readonly MovePace _pace;

    public MovePaceTests() => _pace = new(_time);

    [Fact]
    public void After_WithoutAnEnd_IsSeveralTimesTheBatch() => Assert.Equal(Took * MovePace.LongestRest, _pace.After(Took, left: 1_000_000));

    /// <summary>40 batches are left, and this one is over: 41 times 10 ms and the rests have to fit.</summary>
    [Theory]
    [InlineData(41_000, 50)]
    [InlineData(41 * 40, 30)]
    [InlineData(41 * 15, 10)]
    [InlineData(0, 10)]
    public void After_WithAnEnd_IsWhatFits_ButNotLessThanTheBatch(int milliseconds, int expected)
    {
        _pace.FinishBy(_time.Now() + TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(expected), _pace.After(Took, left: 40));
    }

    /// <summary>It may have been sent again and again.</summary>
    [Fact]
    public void After_ABatchThatTookVeryLong_IsNoLongerThanItMayBe() => Assert.Equal(MovePace.MostRest, _pace.After(TimeSpan.FromSeconds(20), left: 1));

    [Fact]
    public void After_ItsEnd_IsAsLongAsTheBatch()
    {
        _pace.FinishBy(_time.Now());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Took, _pace.After(Took, left: 0));
    }
}
