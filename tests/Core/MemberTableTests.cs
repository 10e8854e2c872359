using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class MemberTableTests
{
    private const string Self = "self";
    private static readonly TimeSpan WaitOut = TimeSpan.FromTicks(10);

    [Fact]
    public void Observe_JoiningWithoutHello_IsNotWaitedFor()
    {
        var table = Create();
        Assert.Empty(Observe(table, 0, ("a", RowStatus.Joining)));
        Assert.False(table.IsMember("a", new(0)));
        Assert.Empty(table.Others(new(0)));

        Observe(table, 1, ("a", RowStatus.Alive));
        Assert.Equal(["a"], table.Others(new(1)));
    }

    [Fact]
    public void Greet_Joining_IsWaitedFor()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Joining));
        Assert.True(table.Greet("a"));
        Assert.Equal(["a"], table.Others(new(0)));
    }

    [Fact]
    public void Greet_BeforeItsRowWasSeen_IsWaitedForAndNotTakenForVanished()
    {
        var table = Create();
        Assert.True(table.Greet("a"));
        Assert.Empty(Observe(table, 0));
        Assert.True(table.IsMember("a", new(1_000)));
        Assert.False(table.IsDead("a"));
    }

    [Fact]
    public void Observe_OwnRow_IsNoMemberWhateverItSays()
    {
        var table = Create();
        Assert.Empty(Observe(table, 0, (Self, RowStatus.Alive)));
        Assert.Empty(Observe(table, 1, (Self, RowStatus.Dead)));
        Assert.Empty(table.Others(new(1)));
        Assert.True(table.IsWaitedOut(new(1)));
    }

    [Fact]
    public void Leave_AliveMember_LeavesAtOnceAndForGood()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Alive), ("b", RowStatus.Alive));
        table.Leave("a");
        Assert.Equal(["b"], table.Others(new(0)));

        table.Greet("a");
        Observe(table, 1, ("a", RowStatus.Alive), ("b", RowStatus.Alive));
        Assert.Equal(["b"], table.Others(new(1)));
    }

    [Fact]
    public void Observe_Dead_LeavesOnlyAfterTheWholeWait()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Alive));
        Assert.Equal(["a"], Observe(table, 5, ("a", RowStatus.Dead)));
        Assert.Empty(Observe(table, 9, ("a", RowStatus.Dead)));
        Assert.True(table.IsDead("a"));
        Assert.Equal(new Moment(15), table.NextWaitOut(new(5)));

        Assert.True(table.IsMember("a", new(15)));
        Assert.False(table.IsWaitedOut(new(15)));
        Assert.Equal(new Moment(15), table.NextWaitOut(new(15)));

        Assert.False(table.IsMember("a", new(16)));
        Assert.True(table.IsWaitedOut(new(16)));
        Assert.Null(table.NextWaitOut(new(16)));
    }

    [Fact]
    public void Observe_FirstSeenDead_IsWaitedOutTooAndIsNotGreeted()
    {
        var table = Create();
        Assert.Equal(["a"], Observe(table, 0, ("a", RowStatus.Dead)));
        Assert.False(table.Greet("a"));
        Assert.True(table.IsMember("a", new(10)));
        Assert.False(table.IsWaitedOut(new(10)));
        Assert.False(table.IsMember("a", new(11)));
    }

    [Fact]
    public void Observe_VanishedRow_CountsAsDeadFromThenOn()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Alive), ("b", RowStatus.Alive));
        Assert.Equal(["a"], Observe(table, 20, ("b", RowStatus.Alive)));
        Assert.Equal(new Moment(30), table.NextWaitOut(new(20)));
        Assert.Equal(["a", "b"], table.Others(new(30)).Order());
        Assert.Equal(["b"], table.Others(new(31)));
    }

    [Fact]
    public void Observe_DeadRowThatShowsAlive_IsNotRevived()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Alive));
        Observe(table, 1, ("a", RowStatus.Dead));
        Assert.Empty(Observe(table, 12, ("a", RowStatus.Alive)));
        Assert.True(table.IsDead("a"));
        Assert.False(table.IsMember("a", new(12)));
        Assert.Empty(Observe(table, 13));
        Assert.True(table.IsWaitedOut(new(13)));
    }

    [Fact]
    public void NextWaitOut_OfSeveral_IsTheEarliestThatIsNotOver()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Dead), ("b", RowStatus.Alive));
        Observe(table, 4, ("a", RowStatus.Dead), ("b", RowStatus.Dead));
        Assert.Equal(new Moment(10), table.NextWaitOut(new(4)));
        Assert.Equal(new Moment(14), table.NextWaitOut(new(11)));
        Assert.False(table.IsWaitedOut(new(11)));
        Assert.Null(table.NextWaitOut(new(15)));
    }

    [Fact]
    public void Table_RandomHistories_AgreesWithTheWholeHistory() =>
        Gen.Select(Gen.Int[0, 5], Gen.Enum<Seen>().Array[3], Gen.Int[0, 2], Gen.Long[0, 6]).Array[1, 25].Sample(
            history =>
            {
                var run = new Run();
                foreach (var (what, seen, silo, wait) in history)
                {
                    run.Step(what, seen, silo, wait);
                }
            },
            iter: 1_500);

    [Fact]
    public void Observe_AnOlderReading_DoesNotMakeARowVanish()
    {
        var table = Create();
        table.Observe([new("a", RowStatus.Alive), new("b", RowStatus.Joining)], version: 7, new(0));
        Assert.Empty(table.Observe([new("a", RowStatus.Alive)], version: 6, new(1)));
        Assert.False(table.IsDead("b"));
        Assert.Equal(["b"], table.Observe([new("a", RowStatus.Alive)], version: 8, new(2)));
    }

    [Fact]
    public void Observe_JoiningThenDeadWithoutAHello_IsNotWaitedFor()
    {
        var table = Create();
        Observe(table, 0, ("a", RowStatus.Joining), ("b", RowStatus.Joining));
        table.Greet("b");
        Observe(table, 1, ("a", RowStatus.Dead), ("b", RowStatus.Dead), ("c", RowStatus.Dead));
        Assert.Equal(["b", "c"], table.Others(new(1)).Order());
    }

    private static MemberTable<string> Create() => new(Self, WaitOut);

    private static List<string> Observe(MemberTable<string> table, long now, params (string Silo, RowStatus Status)[] rows) =>
        table.Observe([.. rows.Select(row => KeyValuePair.Create(row.Silo, row.Status))], version: now, new(now));

    private enum Seen
    {
        Missing,
        Joining,
        Alive,
        Dead,
    }

    /// <summary>A table beside all that happened, from which every answer is worked out anew.</summary>
    private sealed class Run
    {
        private static readonly string[] Silos = ["a", "b", "c"];

        private readonly MemberTable<string> _table = Create();
        private readonly List<(string Silo, Seen Seen, Moment At)> _readings = [];
        private readonly HashSet<string> _greeted = [];
        private readonly HashSet<string> _left = [];
        private Moment _now = new(0);

        public void Step(int what, Seen[] seen, int silo, long wait)
        {
            _now += TimeSpan.FromTicks(wait);
            if (what == 0)
            {
                _left.Add(Silos[silo]);
                _table.Leave(Silos[silo]);
            }
            else if (what == 1)
            {
                _greeted.Add(Silos[silo]);
                Assert.Equal(DeadSince(Silos[silo]) is null, _table.Greet(Silos[silo]));
            }
            else
            {
                Read(seen);
            }

            foreach (var later in new long[] { 0, 1, WaitOut.Ticks, WaitOut.Ticks + 1 })
            {
                Check(_now + TimeSpan.FromTicks(later));
            }
        }

        private void Read(Seen[] seen)
        {
            var deadBefore = Silos.Where(silo => DeadSince(silo) is not null).ToList();
            var rows = Silos.Zip(seen, (silo, status) => (silo, status)).Where(row => row.status != Seen.Missing)
                .Select(row => KeyValuePair.Create(row.silo, Enum.Parse<RowStatus>(row.status.ToString())));
            _readings.AddRange(Silos.Zip(seen, (silo, status) => (silo, status, _now)));
            var died = _table.Observe([new(Self, RowStatus.Alive), .. rows], version: _now.Ticks, _now);
            Assert.Equal(Silos.Where(silo => DeadSince(silo) is not null).Except(deadBefore), died.Order());
        }

        private void Check(Moment now)
        {
            foreach (var silo in Silos)
            {
                Assert.Equal(DeadSince(silo) is not null, _table.IsDead(silo));
                var isMember = _table.IsMember(silo, now);
                Assert.Equal(isMember, _table.Others(now).Contains(silo));
                Assert.Equal(IsWaitedFor(silo, now), isMember);
            }

            var waits = Silos.Where(silo => DeadSince(silo) is { } since && now - since <= WaitOut).ToList();
            Assert.Equal(waits.Count == 0, _table.IsWaitedOut(now));
            Assert.Equal(
                waits.Except(_left).Select(silo => (Moment?)(DeadSince(silo)!.Value + WaitOut)).Min(),
                _table.NextWaitOut(now));
        }

        private bool IsWaitedFor(string silo, Moment now) =>
            !_left.Contains(silo)
            && (DeadSince(silo) is not { } since || now - since <= WaitOut)
            && (_greeted.Contains(silo) || MayHaveServed(silo));

        private Moment? DeadSince(string silo)
        {
            var isSeen = false;
            foreach (var (_, seen, at) in _readings.Where(reading => reading.Silo == silo))
            {
                if (seen == Seen.Dead || (isSeen && seen == Seen.Missing))
                {
                    return at;
                }

                isSeen |= seen != Seen.Missing;
            }

            return null;
        }

        /// <summary>Whether a reading before its death showed it alive, or the first that showed it at all showed it dead.</summary>
        private bool MayHaveServed(string silo)
        {
            var last = Seen.Missing;
            foreach (var (_, seen, _) in _readings.Where(reading => reading.Silo == silo))
            {
                if (seen == Seen.Alive || (seen == Seen.Dead && last == Seen.Missing))
                {
                    return true;
                }

                if (seen == Seen.Dead || (last != Seen.Missing && seen == Seen.Missing))
                {
                    return false;
                }

                last = seen;
            }

            return false;
        }
    }
}
