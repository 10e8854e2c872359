using CsCheck;
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

    /// <summary>Silos that hear of ends in any order, and readers that go from one to another: each update that ended after a reader had come is told to it, or a gap is.</summary>
    [Fact]
    public void Readers_ThatMove_MissNothingWithoutAWord() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var coordinators = new[] { Guid.NewGuid(), Guid.NewGuid() };
        var logs = Enumerable.Range(0, 3).Select(i => new EventLog<string>(Guid.NewGuid(), $"{i}", capacity: 12)).ToArray();
        var begun = new long[2];
        var unsettled = new SortedSet<long>[] { [], [] };
        var ends = new Queue<(Guid By, long Number, long UpTo)>[3, 2];
        var told = new HashSet<UpdateId>();
        var ended = new HashSet<UpdateId>();
        for (var log = 0; log < 3; log++)
        {
            ends[log, 0] = new();
            ends[log, 1] = new();
        }

        var (at, cursor) = (0, logs[0].End(Date));
        for (var step = 0; step < 120; step++)
        {
            var c = random.Next(2);
            switch (random.Next(4))
            {
                case 0:
                    var number = ++begun[c];
                    unsettled[c].Add(number);
                    Array.ForEach(logs, log => Open(log, coordinators[c], number, begun[c]));
                    break;
                case 1 when unsettled[c].Count > 0:
                    var settled = unsettled[c].ElementAt(random.Next(unsettled[c].Count));
                    unsettled[c].Remove(settled);
                    ended.Add(new(coordinators[c], settled));
                    for (var log = 0; log < 3; log++)
                    {
                        ends[log, c].Enqueue((coordinators[c], settled, unsettled[c].Count == 0 ? begun[c] : unsettled[c].Min - 1));
                    }

                    break;
                case 2:
                    Hear(random.Next(3), c);
                    break;
                default:
                    Take();
                    if (random.Next(3) == 0)
                    {
                        at = random.Next(3);
                        Assert.True(EventPosition.TryParse(cursor.Position.ToString(), out var position));
                        cursor = logs[at].Find(position) ?? Gap();
                    }

                    break;
            }
        }

        for (var log = 0; log < 3; log++)
        {
            for (var c = 0; c < 2; c++)
            {
                while (Hear(log, c))
                {
                }
            }
        }

        Take();
        Assert.Subset(told, ended);

        bool Hear(int log, int c)
        {
            if (!ends[log, c].TryDequeue(out var end))
            {
                return false;
            }

            logs[log].Settled(new(end.By, end.Number), end.By, Date);
            logs[log].Advance(end.By, end.UpTo);
            return true;
        }

        void Take()
        {
            var events = new List<LoggedEvent>();
            if (!logs[at].Read(cursor, events, 100))
            {
                cursor = Gap();
                return;
            }

            foreach (var logged in events)
            {
                if (cursor.Take(logged))
                {
                    told.Add(logged.Id);
                }
            }
        }

        // What this silo has heard of by now is covered by the gap.
        EventCursor Gap()
        {
            told.UnionWith(ended.Where(id => !ends[at, Array.IndexOf(coordinators, id.Coordinator)].Any(end => end.Number == id.Sequence)));
            return logs[at].End(Date);
        }
    });

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

    private static void Open(EventLog<string> log, Guid coordinator, long number, long begun)
    {
        var update = new TagUpdate(new(coordinator, number), [Tag], null);
        log.Heard("c", new(coordinator, [update], [], 1, Begun: begun));
        log.Opened(update);
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
