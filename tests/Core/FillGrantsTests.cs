using OrleansTagCache.Refreshing;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>The loads of a warm-up are no more than its bound, however many silos ask.</summary>
public sealed class FillGrantsTests
{
    private static readonly HashSet<string> Three = ["a", "b", "c"];

    [Theory]
    [InlineData(1, 1, 0, 0)]
    [InlineData(2, 1, 1, 0)]
    [InlineData(3, 1, 1, 1)]
    [InlineData(7, 2, 2, 2)]
    [InlineData(16, 5, 5, 5)]
    public void Grant_OfThreeSilos_SharesTheBound(int maximum, int first, int second, int third)
    {
        var grants = new FillGrants();

        Assert.Equal((first, second, third), (grants.Grant("a", maximum, Three), grants.Grant("b", maximum, Three), grants.Grant("c", maximum, Three)));
    }

    [Fact]
    public void Grant_IsGivenBackByASiloThatAsksAgainOrDiesOrGetsNothing()
    {
        var grants = new FillGrants();
        Assert.Equal((1, 0, 1), (grants.Grant("a", 1, Three), grants.Grant("b", 1, Three), grants.Grant("a", 1, Three)));

        grants.Return("a");
        Assert.Equal((1, 0), (grants.Grant("b", 1, Three), grants.Grant("a", 1, Three)));
        Assert.Equal(1, grants.Grant("a", 1, new HashSet<string> { "a", "c" }));
    }

    [Fact]
    public void Grant_WhenASiloIsAloneAndOthersCome_StaysWithinTheBound()
    {
        var grants = new FillGrants();
        Assert.Equal(16, grants.Grant("a", 16, new HashSet<string> { "a" }));

        Assert.Equal(0, grants.Grant("b", 16, Three));
        Assert.Equal((5, 5, 5), (grants.Grant("a", 16, Three), grants.Grant("b", 16, Three), grants.Grant("c", 16, Three)));
    }
}
