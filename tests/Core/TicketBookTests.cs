using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>Which tickets are good, and for how long.</summary>
public sealed class TicketBookTests
{
    private static readonly Moment Start = new(0);

    private readonly TicketBook _book = new();

    [Fact]
    public void Take_OfATicket_GivesItOnce()
    {
        var issued = _book.Issue(NewId(), new Stamp(7), Start);
        Assert.Equal(issued, _book.Take(issued.Id, Start + TicketBook.Lifetime));
        Assert.Null(_book.Take(issued.Id, Start));
        Assert.Equal(0, _book.Count);
    }

    /// <summary>A value must not age by waiting for its ticket.</summary>
    [Fact]
    public void Take_OfATicketThatIsTooOld_GivesNone()
    {
        var issued = _book.Issue(NewId(), new Stamp(7), Start);
        Assert.Null(_book.Take(issued.Id, Start + TicketBook.Lifetime + TimeSpan.FromTicks(1)));
        Assert.Equal(0, _book.Count);
    }

    /// <summary>An earlier incarnation's clocks began anew: its tickets say nothing of this one's.</summary>
    [Fact]
    public void Take_OfATicketOfAnotherIncarnation_GivesNone()
    {
        var other = new TicketBook().Issue(NewId(), new Stamp(7), Start);
        _book.Issue(NewId(), new Stamp(7), Start);
        Assert.Null(_book.Take(other.Id, Start));
        Assert.Null(_book.Take(TicketId.None, Start));
        Assert.Equal(1, _book.Count);
    }

    [Fact]
    public void Issue_BeyondTheBound_ForgetsTheOldest()
    {
        var issued = Enumerable.Range(0, TicketBook.Maximum + 1).Select(i => _book.Issue(NewId(), new Stamp(i), Start)).ToArray();
        Assert.Equal(TicketBook.Maximum, _book.Count);
        Assert.Null(_book.Take(issued[0].Id, Start));
        Assert.Equal(issued[1], _book.Take(issued[1].Id, Start));
        Assert.Equal(issued[^1], _book.Take(issued[^1].Id, Start));
    }

    [Fact]
    public void Issue_ForgetsWhatIsTooOld()
    {
        _book.Issue(NewId(), new Stamp(1), Start);
        _book.Issue(NewId(), new Stamp(2), Start + (TicketBook.Lifetime / 2));
        _book.Issue(NewId(), new Stamp(3), Start + TicketBook.Lifetime + TimeSpan.FromTicks(1));
        Assert.Equal(2, _book.Count);
    }

    private static TicketId NewId() => new(Guid.NewGuid());
}
