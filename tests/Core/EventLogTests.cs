using OrleansTagCache.Coherence;
using OrleansTagCache.Journal;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>The log of updates that have ended: nothing is lost without a word (invariant E1), whatever silo a reader comes back to.</summary>
public sealed class EventLogTests
{
    private static readonly DateTimeOffset Date = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid A = Guid.NewGuid();
    private static readonly TagId Tag = TagId.OfTag(CacheNamespace.Default, "t");

    [Fact]
    public void Position_IsReadAsItWasWritten()
    {
        var position = new EventPosition(Date, new Dictionary<Guid, long> { [A] = 7, [Guid.NewGuid()] = EventPosition.All });

        Assert.True(EventPosition.TryParse(position.ToString(), out var read));
        Assert.Equal(position.At, read.At);
        Assert.Equal(position.Seen.Order(Comparer<KeyValuePair<Guid, long>>.Create((x, y) => x.Key.CompareTo(y.Key))), read.Seen.Order(Comparer<KeyValuePair<Guid, long>>.Create((x, y) => x.Key.CompareTo(y.Key))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AQ")]
    [InlineData("AgAAAAAAAAAA")]
    [InlineData("AQAAAAAAAAAAAA")]
    [InlineData("AX__________")]
    [InlineData("no base64!")]
    public void Text_ThatIsNoPosition_IsRefused(string text) => Assert.False(EventPosition.TryParse(text, out _));

    [Fact]
    public void Reader_ThatComesBackToAnotherSilo_GetsWhatHasEndedSince()
    {
        var (x, y) = (Log("x"), Log("y"));
        Both(1, x, y);
        var cursor = x.End(Date);
        Both(2, x, y);
        Both(3, x, y);

        var there = y.Find(Parsed(cursor.Position));

        Assert.Equal([2, 3], Taken(y, there!));
        Assert.Equal([2, 3], Taken(x, cursor));
        Assert.Equal(Parsed(cursor.Position).Seen, Parsed(there!.Position).Seen);
    }

    [Fact]
    public void Reader_WhoseUpdatesEndedOutOfOrder_MissesNone()
    {
        var (x, y) = (Log("x"), Log("y"));
        var cursor = x.End(Date);
        Begin(x, y, 1, 2);
        foreach (var log in new[] { x, y })
        {
            log.Settled(new(A, 2), A, Date);
        }

        Assert.Equal([2], Taken(x, cursor));
        var position = Parsed(cursor.Position);
        foreach (var log in new[] { x, y })
        {
            log.Settled(new(A, 1), A, Date);
            log.Advance(A, 2);
        }

        // The second is told twice, the first is not lost.
        Assert.Equal([2, 1], Taken(y, y.Find(position)!));
    }

    [Fact]
    public void Reader_ThatIsTooSlow_IsToldSo()
    {
        var log = Log("x", capacity: 3);
        var cursor = log.End(Date);
        for (var i = 1; i <= 3; i++)
        {
            Both(i, log);
        }

        var position = Parsed(cursor.Position);
        Assert.NotNull(log.Find(position));
        Both(4, log);
        Assert.False(log.Read(cursor, [], 10));
        Assert.Null(log.Find(position));
    }

    [Fact]
    public void Tags_AreBoundedToo()
    {
        var log = Log("x", mostTags: 4);
        var cursor = log.End(Date);
        for (var i = 1; i <= 3; i++)
        {
            Open(log, i, [Tag, Tag]);
            log.Settled(new(A, i), A, Date);
        }

        Assert.False(log.Read(cursor, [], 10));
    }

    [Fact]
    public void Silo_ThatJoinedLater_TellsOfTheGap()
    {
        var x = Log("x");
        var position = Parsed(x.End(Date).Position);
        Both(1, x);

        // It has heard nothing of the first, and of the second.
        var y = new EventLog<string>(Guid.NewGuid(), "y");
        y.Heard("a", new(A, [Update(2)], [], 2, Begun: 2));
        Assert.Null(y.Find(position));
        var newer = Parsed(x.End(Date).Position);
        Assert.NotNull(y.Find(newer));
    }

    [Fact]
    public void Silo_ThatWasToldByOthersWhenItJoined_NeedsNoBatchOfThem()
    {
        var x = Log("x");
        Both(1, x);
        var position = Parsed(x.End(Date).Position);
        var y = new EventLog<string>(Guid.NewGuid(), "y");
        Assert.Null(y.Find(position));

        y.Told("a", A, begun: 1, []);

        Assert.NotNull(y.Find(position));
    }

    [Fact]
    public void Coordinator_ThatIsDead_IsNotAskedFor()
    {
        var x = Log("x");
        Both(1, x);
        var before = Parsed(x.End(Date).Position);
        x.Died("a");
        var position = Parsed(x.End(Date).Position);
        var y = new EventLog<string>(Guid.NewGuid(), "y");

        Assert.Null(y.Find(before));
        Assert.NotNull(y.Find(position));
        y.Told("x", Guid.NewGuid(), 0, x.Finished);
        Assert.NotNull(y.Find(position));
        Assert.Null(y.Find(new(Date, new Dictionary<Guid, long>())));
    }

    [Fact]
    public void Hold_KeepsTheMarkUntilItEndsHere()
    {
        var (x, y) = (Log("x"), Log("y"));
        foreach (var log in new[] { x, y })
        {
            log.Heard("a", new(A, [Update(1)], [], 1, Begun: 1));
            log.Held(new(A, 1), [Tag]);
            log.Advance(A, 1);
        }

        // It ends there first, and the reader leaves before it ends here.
        y.Released(new(A, 1), Date);
        var position = Parsed(x.End(Date).Position);
        Assert.Equal([1], Taken(y, y.Find(position)!));
        x.Released(new(A, 1), Date);
        Assert.Empty(Taken(y, y.Find(Parsed(x.End(Date).Position))!));
    }

    [Fact]
    public void Coordinators_ThatAreForgotten_AreNotMissedWithoutAWord()
    {
        var log = new EventLog<string>(Guid.NewGuid(), "x", capacity: 1, mostFinished: 2);
        var before = Parsed(log.End(Date).Position);
        log.Told("a", A, 0, []);
        Both(1, log);
        Both(2, log);
        var cursor = log.End(Date);
        foreach (var silo in new[] { "a", "b", "c", "d" })
        {
            log.Told(silo, Guid.NewGuid(), 0, []);
            log.Died(silo);
            cursor.Stands(log.PositionAt(cursor, Date)!);
        }

        Assert.DoesNotContain(A, log.Finished);
        Assert.Null(log.Find(before));
        Assert.NotNull(log.Find(Parsed(cursor.Position)));

        // A silo that was told only of those that are remembered does not know of the others either.
        var y = new EventLog<string>(Guid.NewGuid(), "y", mostFinished: 2);
        y.Told("x", Guid.NewGuid(), 0, log.Finished);
        Assert.Null(y.Find(before));
        Assert.NotNull(y.Find(Parsed(cursor.Position)));
    }

    [Fact]
    public void Position_DoesNotGrowWithSilosThatHaveBeen()
    {
        var log = new EventLog<string>(Guid.NewGuid(), "x", mostFinished: 4);
        var cursor = log.End(Date);
        for (var i = 0; i < 50; i++)
        {
            log.Told($"{i}", Guid.NewGuid(), 0, []);
            log.Died($"{i}");
            cursor.Stands(log.PositionAt(cursor, Date)!);
        }

        Assert.Equal(4, cursor.Position.Seen.Count);
        var carried = cursor.Position.Seen.Append(new(Guid.NewGuid(), EventPosition.All)).ToDictionary();
        Assert.Equal(4, log.Find(new(Date, carried))!.Position.Seen.Count);
    }

    private static EventLog<string> Log(string silo, int capacity = 100, int mostTags = 100)
    {
        var log = new EventLog<string>(Guid.NewGuid(), silo, capacity, mostTags);
        log.Told("a", A, 0, []);
        return log;
    }

    private static TagUpdate Update(long number) => new(new(A, number), [Tag], null);

    private static void Open(EventLog<string> log, long number, TagId[] tags)
    {
        log.Heard("a", new(A, [Update(number)], [], 1, Begun: number));
        log.Opened(new(new(A, number), tags, null));
    }

    private static void Begin(EventLog<string> x, EventLog<string> y, params long[] numbers)
    {
        foreach (var number in numbers)
        {
            Open(x, number, [Tag]);
            Open(y, number, [Tag]);
        }
    }

    private static void Both(long number, params EventLog<string>[] logs)
    {
        foreach (var log in logs)
        {
            Open(log, number, [Tag]);
            log.Settled(new(A, number), A, Date);
            log.Advance(A, number);
        }
    }

    private static EventPosition Parsed(EventPosition position) => EventPosition.TryParse(position.ToString(), out var read) ? read : throw new InvalidOperationException("It cannot be read.");

    private static long[] Taken(EventLog<string> log, EventCursor cursor)
    {
        var events = new List<LoggedEvent>();
        Assert.True(log.Read(cursor, events, 100));
        return [.. events.Where(cursor.Take).Select(logged => logged.Id.Sequence)];
    }
}
