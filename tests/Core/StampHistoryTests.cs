using OrleansTagCache.Coherence;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class StampHistoryTests
{
    private static readonly Stamp Current = new(30);
    private readonly StampHistory _history = new(capacity: 2);

    [Fact]
    public void AsOf_BeforeItBegan_IsOlderThanEverything()
    {
        Assert.Equal(Stamp.Zero, _history.AsOf(new(1), Current));
        _history.Begin(new(100));
        Assert.Equal(Stamp.Zero, _history.AsOf(new(100), Current));
    }

    [Fact]
    public void AsOf_AfterEveryChange_IsTheCurrentStamp()
    {
        _history.Begin(new(100));
        Assert.Equal(Current, _history.AsOf(new(101), Current));
        _history.Note(new(110), new(10));
        Assert.Equal(Current, _history.AsOf(new(111), Current));
    }

    [Fact]
    public void AsOf_BeforeAChange_IsTheStampBeforeIt()
    {
        _history.Begin(new(100));
        _history.Note(new(110), new(10));
        _history.Note(new(120), new(20));
        Assert.Equal(new(10), _history.AsOf(new(105), Current));
        Assert.Equal(new(10), _history.AsOf(new(110), Current));
        Assert.Equal(new(20), _history.AsOf(new(111), Current));
        Assert.Equal(new(20), _history.AsOf(new(120), Current));
    }

    [Fact]
    public void AsOf_BeforeWhatIsRemembered_IsOlderThanEverything()
    {
        _history.Begin(new(100));
        _history.Note(new(110), new(10));
        _history.Note(new(120), new(20));
        _history.Note(new(130), new(25));
        Assert.Equal(Stamp.Zero, _history.AsOf(new(110), Current));
        Assert.Equal(new(20), _history.AsOf(new(111), Current));
        Assert.Equal(new(25), _history.AsOf(new(121), Current));
    }
}
