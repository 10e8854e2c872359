using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class GenerationGateTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromTicks(10);

    [Fact]
    public void Take_Twice_IsRefusedTheSecondTime()
    {
        var gate = new GenerationGate();
        var granted = gate.Grant(Id(1), new(7), new(100), Lease);
        Assert.Equal(new Generation(Id(1), new(7), new(100), new(110)), granted);
        Assert.Same(granted, gate.Take(Id(1), new(101)));
        Assert.Null(gate.Take(Id(1), new(101)));
        Assert.True(gate.IsIdle(new(101)));
    }

    [Fact]
    public void Take_UnknownToken_IsRefusedAndLeavesTheCurrentOne()
    {
        var gate = new GenerationGate();
        Assert.Null(gate.Take(Id(1), new(0)));
        var granted = gate.Grant(Id(1), new(7), new(0), Lease);
        Assert.Null(gate.Take(Id(2), new(1)));
        Assert.Null(gate.Take(GenerationId.None, new(1)));
        Assert.Same(granted, gate.Take(Id(1), new(1)));
    }

    [Fact]
    public void Take_AtTheLeaseEnd_IsRefusedAndTheKeyIsFree()
    {
        var gate = new GenerationGate();
        var granted = gate.Grant(Id(1), new(7), new(0), Lease);
        Assert.Same(granted, gate.InFlight(new(9)));
        Assert.False(gate.IsIdle(new(9)));
        Assert.Null(gate.InFlight(new(10)));
        Assert.True(gate.IsIdle(new(10)));
        Assert.Null(gate.Take(Id(1), new(10)));
    }

    [Fact]
    public void Take_ReplacedToken_IsRefused()
    {
        var gate = new GenerationGate();
        gate.Grant(Id(1), new(7), new(0), Lease);
        var second = gate.Grant(Id(2), new(8), new(10), Lease);
        Assert.Null(gate.Take(Id(1), new(11)));
        Assert.Same(second, gate.InFlight(new(11)));
        Assert.Same(second, gate.Take(Id(2), new(11)));
    }

    [Fact]
    public void TakeSet_DoesNotWaitForAGenerationNorEndIt()
    {
        var gate = new GenerationGate();
        var generation = gate.Grant(Id(1), new(7), new(0), Lease);
        var set = gate.GrantSet(Id(2), new(8), new(1), Lease);
        Assert.Null(gate.Take(Id(2), new(2)));
        Assert.Null(gate.TakeSet(Id(1), new(2)));
        Assert.Same(set, gate.TakeSet(Id(2), new(2)));
        Assert.Null(gate.TakeSet(Id(2), new(2)));
        Assert.Same(generation, gate.InFlight(new(2)));
    }

    [Fact]
    public void IsIdle_WithASetOutstanding_IsFalseUntilItsLeaseEnds()
    {
        var gate = new GenerationGate();
        gate.GrantSet(Id(1), new(7), new(0), Lease);
        Assert.False(gate.IsIdle(new(9)));
        Assert.True(gate.IsIdle(new(10)));
        Assert.Null(gate.TakeSet(Id(1), new(10)));
    }

    [Fact]
    public void GrantSet_BeyondTheBound_RefusesTheOldest()
    {
        var gate = new GenerationGate();
        Assert.Equal(64, GenerationGate.MaximumSets);
        for (var i = 1; i <= GenerationGate.MaximumSets + 1; i++)
        {
            gate.GrantSet(Id(i), new(i), new(0), Lease);
        }

        Assert.Null(gate.TakeSet(Id(1), new(1)));
        for (var i = 2; i <= GenerationGate.MaximumSets + 1; i++)
        {
            Assert.Equal(new Stamp(i), gate.TakeSet(Id(i), new(1))?.Stamp);
        }
    }

    [Fact]
    public void GrantSet_AtTheBound_DropsThoseWhoseLeaseEndedFirst()
    {
        var gate = new GenerationGate();
        gate.GrantSet(Id(1), new(1), new(0), TimeSpan.FromTicks(100));
        for (var i = 2; i <= GenerationGate.MaximumSets; i++)
        {
            gate.GrantSet(Id(i), new(i), new(0), Lease);
        }

        gate.GrantSet(Id(65), new(65), new(10), Lease);
        Assert.NotNull(gate.TakeSet(Id(1), new(11)));
        Assert.NotNull(gate.TakeSet(Id(65), new(11)));
    }

    [Fact]
    public void Gate_RandomCalls_AgreesWithAListOfTokens() =>
        Gen.Select(Gen.Enum<Call>(), Gen.Int[1, 80], Gen.Long[0, 3]).Array[0, 200].Sample(
            calls =>
            {
                var (gate, generations, sets) = (new GenerationGate(), new List<Token>(), new List<Token>());
                var now = new Moment(0);
                foreach (var (call, which, wait) in calls)
                {
                    now += TimeSpan.FromTicks(wait == 3 ? 4 : 0);
                    switch (call)
                    {
                        case Call.Grant:
                            generations.ForEach(token => token.IsUsed = true);
                            generations.Add(new(gate.Grant(Id(generations.Count + 1), new(which), now, Lease)));
                            break;
                        case Call.Take:
                            Assert.Equal(Use(generations, which, now), gate.Take(Id(which), now));
                            break;
                        case Call.TakeSet:
                            Assert.Equal(Use(sets, which, now), gate.TakeSet(Id(which), now));
                            break;
                        default:
                            var open = sets.Where(token => token.IsOpen(now)).ToList();
                            if (open.Count == GenerationGate.MaximumSets)
                            {
                                open[0].IsUsed = true;
                            }

                            sets.Add(new(gate.GrantSet(Id(sets.Count + 1), new(which), now, Lease)));
                            break;
                    }

                    Assert.Equal(generations.Find(token => token.IsOpen(now))?.Generation, gate.InFlight(now));
                    Assert.Equal(!generations.Concat(sets).Any(token => token.IsOpen(now)), gate.IsIdle(now));
                }
            },
            iter: 2_000);

    private static GenerationId Id(int number) => new(new Guid(number, 0, 0, new byte[8]));

    private static Generation? Use(List<Token> tokens, int which, Moment now)
    {
        if (tokens.Find(token => token.Generation.Id == Id(which) && token.IsOpen(now)) is not { } token)
        {
            return null;
        }

        token.IsUsed = true;
        return token.Generation;
    }

    private enum Call
    {
        Grant,
        Take,
        GrantSet,
        GrantAnotherSet,
        TakeSet,
    }

    private sealed class Token(Generation generation)
    {
        public Generation Generation => generation;

        public bool IsUsed { get; set; }

        public bool IsOpen(Moment now) => !IsUsed && now < generation.LeaseEnd;
    }
}
