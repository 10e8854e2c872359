using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>When a member ends a hold by itself, what it tells a joiner, and whether it may say that a hold was held.</summary>
public sealed class HoldTableTests
{
    private static readonly UpdateId Hold = new(Guid.NewGuid(), 1);
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "t")];
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(10);
    private static readonly Moment Arrival = new(TimeSpan.TicksPerSecond);

    private readonly HoldTable _table = new();

    [Fact]
    public void Deadline_IsCountedFromTheArrival_AndLengthened()
    {
        _table.Arrived(Hold, Tags, AtMost, Arrival);

        var deadline = Arrival + (AtMost * 1.01) + TimeSpan.FromMilliseconds(50);
        Assert.Empty(_table.TakeOverdue(deadline + TimeSpan.FromTicks(-1)));
        Assert.Equal((Hold, Tags), Assert.Single(_table.TakeOverdue(deadline)));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Arrived_Again_CountsFromTheFirst()
    {
        _table.Arrived(Hold, Tags, AtMost, Arrival);
        var left = _table.Left(Arrival).Single().Left;

        _table.Arrived(Hold, Tags, AtMost, Arrival + TimeSpan.FromSeconds(5));

        Assert.Equal(left, Assert.Single(_table.Left(Arrival)).Left);
    }

    /// <summary>What one silo tells another is what is left there, and the other counts it from the answer.</summary>
    [Fact]
    public void Adopted_EndsNoEarlierThanWhereItWasTold()
    {
        _table.Arrived(Hold, Tags, AtMost, Arrival);
        var told = _table.Left(Arrival + TimeSpan.FromSeconds(4));
        var joiner = new HoldTable();

        joiner.Adopt(Assert.Single(told), Arrival + TimeSpan.FromSeconds(4));

        Assert.True(Assert.Single(joiner.Left(Arrival)).Left > Assert.Single(_table.Left(Arrival)).Left);
        Assert.Equal(Tags, Assert.Single(joiner.Left(Arrival)).Tags);
    }

    [Fact]
    public void Left_OfOneThatIsOver_IsZero()
    {
        _table.Arrived(Hold, Tags, AtMost, Arrival);

        Assert.Equal(TimeSpan.Zero, Assert.Single(_table.Left(Arrival + TimeSpan.FromMinutes(1))).Left);
    }

    [Theory]
    [InlineData(true, false, true, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, true, false)]
    [InlineData(true, true, true, true)]
    [InlineData(false, false, true, false)]
    public void End_SaysHeld_OnlyOfWhatArrivedItself_WithAValidLease(bool hasArrived, bool isAdopted, bool isLeaseValid, bool isHeld)
    {
        if (isAdopted)
        {
            _table.Adopt(new(Hold, Tags, AtMost), Arrival);
        }

        if (hasArrived)
        {
            _table.Arrived(Hold, Tags, AtMost, Arrival);
        }

        Assert.Equal(isHeld, _table.End(Hold, isLeaseValid));
        Assert.False(_table.End(Hold, isLeaseValid: true));
        Assert.Equal(0, _table.Count);
    }
}
