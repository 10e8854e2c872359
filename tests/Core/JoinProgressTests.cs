using CsCheck;
using OrleansTagCache.Coherence;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class JoinProgressTests
{
    private readonly JoinProgress<int> _join = new();
    private readonly HashSet<int> _dead = [];
    private bool _isWaitedOut = true;

    [Fact]
    public void Next_BeforeTheTableWasRead_Waits() => Assert.Equal(JoinStep.Wait, Next());

    [Fact]
    public void Next_OfALoneSilo_ReadsTheTableTwice()
    {
        Assert.Empty(Read());
        Assert.Equal(JoinStep.ReadTable, Next());
        Assert.Equal(JoinStep.Wait, Next());
        Assert.Empty(Read());
        Assert.Equal(JoinStep.Serve, Next());
    }

    [Fact]
    public void Next_UntilEachHasAnsweredBothRounds_Waits()
    {
        Assert.Equal([1, 2], Read(1, 2).Order());
        Answer(1);
        Assert.Equal(JoinStep.Wait, Next());
        Answer(2);
        Assert.Equal(JoinStep.ReadTable, Next());

        Assert.Equal([1, 2], Read(1, 2).Order());
        Answer(2);
        Assert.Equal(JoinStep.Wait, Next());
        Answer(1);
        Assert.Equal(JoinStep.Serve, Next());
    }

    [Fact]
    public void Answered_OfTheFirstRound_DoesNotCountInTheSecond()
    {
        Read(1);
        Answer(1);
        Next();
        Read(1);

        _join.Answered(JoinRound.First, 1);

        Assert.Equal(JoinStep.Wait, Next());
        Answer(1);
        Assert.Equal(JoinStep.Serve, Next());
    }

    [Fact]
    public void Read_BegunInTheFirstRound_DoesNotCountInTheSecond()
    {
        Read();
        Next();

        _join.Read(JoinRound.First, []);

        Assert.Equal(JoinStep.Wait, Next());
    }

    [Fact]
    public void Read_Again_AsksThoseWhoHaveNotAnsweredAndThoseWhoAreNew()
    {
        Read(1, 2);
        Answer(1);

        Assert.Equal([2, 3], Read(1, 2, 3).Order());
    }

    [Fact]
    public void Read_WithoutASiloThatHasNotAnswered_StillAwaitsIt()
    {
        Read(1);

        Assert.Equal([1], Read());
        Assert.Equal(JoinStep.Wait, Next());
    }

    [Fact]
    public void Next_UntilTheDeadAreWaitedOut_DoesNotBeginTheSecondRound()
    {
        Read(1);
        _dead.Add(1);
        _isWaitedOut = false;
        Assert.Equal(JoinStep.Wait, Next());

        _isWaitedOut = true;
        Assert.Equal(JoinStep.ReadTable, Next());
    }

    [Fact]
    public void Next_WhenOneDiesInTheSecondRound_WaitsItOut()
    {
        Read(1);
        Answer(1);
        Next();
        Read(1);
        _dead.Add(1);
        _isWaitedOut = false;
        Assert.Equal(JoinStep.Wait, Next());

        _isWaitedOut = true;
        Assert.Equal(JoinStep.Serve, Next());
    }

    [Fact]
    public void Join_RandomHistories_ServesOnlyWhenEachOfTheSecondReadingHasAnsweredAfterTheWait() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 15]).Array[0, 60].Sample(steps =>
        {
            var join = new JoinProgress<int>();
            var (dead, isWaitedOut) = (new HashSet<int>(), true);

            // What must have answered in this round, written down from its readings alone.
            HashSet<int> wanted = [], answered = [];
            var hasRead = false;
            foreach (var (what, silo, rows) in steps)
            {
                switch (what)
                {
                    case 0:
                        int[] alive = [.. Enumerable.Range(0, 4).Where(each => (rows & (1 << each)) != 0 && !dead.Contains(each))];
                        (hasRead, wanted) = (true, [.. wanted, .. alive]);
                        Assert.Equal(wanted.Except(answered).Where(each => !dead.Contains(each)).Order(), join.Read(join.Round, alive).Where(each => !dead.Contains(each)).Order());
                        break;
                    case 1:
                        answered.Add(silo);
                        join.Answered(join.Round, silo);
                        break;
                    case 2 when dead.Add(silo):
                        isWaitedOut = false;
                        break;
                    case 3:
                        isWaitedOut = true;
                        break;
                    case 4 when join.Round == JoinRound.Second:
                        join.Answered(JoinRound.First, silo);
                        join.Read(JoinRound.First, [0, 1, 2, 3]);
                        break;
                    default:
                        var isDone = hasRead && isWaitedOut && wanted.All(each => answered.Contains(each) || dead.Contains(each));
                        var expected = !isDone ? JoinStep.Wait : join.Round == JoinRound.First ? JoinStep.ReadTable : JoinStep.Serve;
                        Assert.Equal(expected, join.Next(dead.Contains, isWaitedOut));
                        if (expected == JoinStep.ReadTable)
                        {
                            (hasRead, wanted, answered) = (false, [], []);
                        }

                        break;
                }
            }
        });

    private int[] Read(params int[] alive) => _join.Read(_join.Round, alive);

    private void Answer(int silo) => _join.Answered(_join.Round, silo);

    private JoinStep Next() => _join.Next(_dead.Contains, _isWaitedOut);
}
