using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class KeyTokensTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromTicks(10);

    [Fact]
    public void Take_Twice_IsRefusedTheSecondTime()
    {
        var tokens = new KeyTokens();
        var granted = tokens.Grant(Id(1), new(7), new(100), Lease);
        Assert.Equal(new Token(Id(1), new(7), new(100), new(110)), granted);
        Assert.Same(granted, tokens.Take(Id(1), new(101)));
        Assert.Null(tokens.Take(Id(1), new(101)));
        Assert.True(tokens.IsIdle(new(101)));
    }

    [Fact]
    public void Take_UnknownToken_IsRefusedAndLeavesTheCurrentOne()
    {
        var tokens = new KeyTokens();
        Assert.Null(tokens.Take(Id(1), new(0)));
        var granted = tokens.Grant(Id(1), new(7), new(0), Lease);
        Assert.Null(tokens.Take(Id(2), new(1)));
        Assert.Null(tokens.Take(TokenId.None, new(1)));
        Assert.Same(granted, tokens.Take(Id(1), new(1)));
    }

    [Fact]
    public void Take_AtTheLeaseEnd_IsRefusedAndTheKeyIsFree()
    {
        var tokens = new KeyTokens();
        var granted = tokens.Grant(Id(1), new(7), new(0), Lease);
        Assert.Same(granted, tokens.InFlight(new(9)));
        Assert.False(tokens.IsIdle(new(9)));
        Assert.Null(tokens.InFlight(new(10)));
        Assert.True(tokens.IsIdle(new(10)));
        Assert.Null(tokens.Take(Id(1), new(10)));
    }

    [Fact]
    public void Take_ReplacedToken_IsRefused()
    {
        var tokens = new KeyTokens();
        tokens.Grant(Id(1), new(7), new(0), Lease);
        var second = tokens.Grant(Id(2), new(8), new(10), Lease);
        Assert.Null(tokens.Take(Id(1), new(11)));
        Assert.Same(second, tokens.InFlight(new(11)));
        Assert.Same(second, tokens.Take(Id(2), new(11)));
    }

    [Fact]
    public void TakeSet_DoesNotWaitForAGenerationNorEndIt()
    {
        var tokens = new KeyTokens();
        var generation = tokens.Grant(Id(1), new(7), new(0), Lease);
        var set = tokens.GrantSet(Id(2), new(8), new(1), Lease);
        Assert.Null(tokens.Take(Id(2), new(2)));
        Assert.Null(tokens.TakeSet(Id(1), new(2)));
        Assert.Same(set, tokens.TakeSet(Id(2), new(2)));
        Assert.Null(tokens.TakeSet(Id(2), new(2)));
        Assert.Same(generation, tokens.InFlight(new(2)));
    }

    [Fact]
    public void IsIdle_WithASetOutstanding_IsFalseUntilItsLeaseEnds()
    {
        var tokens = new KeyTokens();
        tokens.GrantSet(Id(1), new(7), new(0), Lease);
        Assert.False(tokens.IsIdle(new(9)));
        Assert.True(tokens.IsIdle(new(10)));
        Assert.Null(tokens.TakeSet(Id(1), new(10)));
    }

    [Fact]
    public void GrantSet_BeyondTheBound_RefusesTheOldest()
    {
        var tokens = new KeyTokens();
        Assert.Equal(64, KeyTokens.MaximumSets);
        for (var i = 1; i <= KeyTokens.MaximumSets + 1; i++)
        {
            tokens.GrantSet(Id(i), new(i), new(0), Lease);
        }

        Assert.Null(tokens.TakeSet(Id(1), new(1)));
        for (var i = 2; i <= KeyTokens.MaximumSets + 1; i++)
        {
            Assert.Equal(new Stamp(i), tokens.TakeSet(Id(i), new(1))?.Stamp);
        }
    }

    [Fact]
    public void GrantSet_AtTheBound_DropsThoseWhoseLeaseEndedFirst()
    {
        var tokens = new KeyTokens();
        tokens.GrantSet(Id(1), new(1), new(0), TimeSpan.FromTicks(100));
        for (var i = 2; i <= KeyTokens.MaximumSets; i++)
        {
            tokens.GrantSet(Id(i), new(i), new(0), Lease);
        }

        tokens.GrantSet(Id(65), new(65), new(10), Lease);
        Assert.NotNull(tokens.TakeSet(Id(1), new(11)));
        Assert.NotNull(tokens.TakeSet(Id(65), new(11)));
    }

    [Fact]
    public void Gate_RandomCalls_AgreesWithAListOfTokens() =>
        Gen.Select(Gen.Enum<Call>(), Gen.Int[1, 80], Gen.Long[0, 3]).Array[0, 200].Sample(
            calls =>
            {
                var (tokens, generations, sets) = (new KeyTokens(), new List<Issued>(), new List<Issued>());
                var now = new Moment(0);
                foreach (var (call, which, wait) in calls)
                {
                    now += TimeSpan.FromTicks(wait == 3 ? 4 : 0);
                    switch (call)
                    {
                        case Call.Grant:
                            generations.ForEach(token => token.IsUsed = true);
                            generations.Add(new(tokens.Grant(Id(generations.Count + 1), new(which), now, Lease)));
                            break;
                        case Call.Take:
                            Assert.Equal(Use(generations, which, now), tokens.Take(Id(which), now));
                            break;
                        case Call.TakeSet:
                            Assert.Equal(Use(sets, which, now), tokens.TakeSet(Id(which), now));
                            break;
                        default:
                            var open = sets.Where(token => token.IsOpen(now)).ToList();
                            if (open.Count == KeyTokens.MaximumSets)
                            {
                                open[0].IsUsed = true;
                            }

                            sets.Add(new(tokens.GrantSet(Id(sets.Count + 1), new(which), now, Lease)));
                            break;
                    }

                    Assert.Equal(generations.Find(token => token.IsOpen(now))?.Token, tokens.InFlight(now));
                    Assert.Equal(!generations.Concat(sets).Any(token => token.IsOpen(now)), tokens.IsIdle(now));
                }
            },
            iter: 2_000);

    private static TokenId Id(int number) => new(new Guid(number, 0, 0, new byte[8]));

    private static Token? Use(List<Issued> tokens, int which, Moment now)
    {
        if (tokens.Find(issued => issued.Token.Id == Id(which) && issued.IsOpen(now)) is not { } found)
        {
            return null;
        }

        found.IsUsed = true;
        return found.Token;
    }

    private enum Call
    {
        Grant,
        Take,
        GrantSet,
        GrantAnotherSet,
        TakeSet,
    }

    private sealed class Issued(Token token)
    {
        public Token Token => token;

        public bool IsUsed { get; set; }

        public bool IsOpen(Moment now) => !IsUsed && now < token.LeaseEnd;
    }
}
