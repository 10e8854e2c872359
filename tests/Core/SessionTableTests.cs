using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>What a silo grants its clients, tells them, and waits for.</summary>
public sealed class SessionTableTests
{
    private const int Bound = 8;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly Moment Start = new(0);
    private static readonly TagId[] Tags = [.. Enumerable.Range(0, 4).Select(i => TagId.OfTag(CacheNamespace.Default, $"t{i}"))];

    private readonly SessionTable _table = new(Guid.NewGuid(), Lease, Bound);
    private long _updates;

    [Fact]
    public void Find_OfAnotherTable_IsUnknown()
    {
        var other = new SessionTable(Guid.NewGuid(), Lease, Bound).Open("client")!;

        Assert.Null(_table.Find(other.Id));
        Assert.Null(_table.Find([SessionId.None, other.Id]));
    }

    [Fact]
    public void Queue_ForAnInterestedSession_AwaitsItUntilItAcknowledges()
    {
        var session = OpenInterestedIn(0);
        var update = Update(0);

        Assert.Equal([session], _table.Queue(update, Start));
        Assert.True(_table.AwaitsClients(update.Id));
        Assert.Equal([update.Id], _table.Acknowledged(session, session.Unacknowledged(10)[^1].Number));
        Assert.False(_table.AwaitsClients(update.Id));
    }

    [Fact]
    public void Queue_OfAnUpdateThatComesAgain_AwaitsItUntilBothPushesAreAcknowledged()
    {
        var session = OpenInterestedIn(0);
        var update = Update(0);
        _table.Queue(update, Start);

        Assert.Equal([session], _table.Queue(update, Start));
        Assert.Empty(_table.Acknowledged(session, session.Unacknowledged(1)[0].Number));
        Assert.True(_table.AwaitsClients(update.Id));
        Assert.Equal([update.Id], _table.Acknowledged(session, session.Unacknowledged(1)[0].Number));
        Assert.False(_table.AwaitsClients(update.Id));
    }

    [Fact]
    public void Queue_ForNobody_IsNotHeld()
    {
        OpenInterestedIn(0);
        var update = Update(1);

        Assert.Empty(_table.Queue(update, Start));
        Assert.False(_table.AwaitsClients(update.Id));
    }

    [Fact]
    public void Queue_OfSeveralTags_TellsASessionOnce()
    {
        var session = OpenInterestedIn(0, 1);

        Assert.Equal([session], _table.Queue(Update(0, 1), Start));
        Assert.Single(session.Unacknowledged(10));
    }

    [Fact]
    public void TryBreak_BeforeTheLeaseIsOverByAnyClock_DoesNothing()
    {
        var session = OpenInterestedIn(0);
        _table.Grant(session, Start, servingLeft: Lease);
        var update = Update(0);
        _table.Queue(update, Start);

        Assert.False(_table.TryBreak(session, Start + LeaseTerms.WaitOut(Lease) + TimeSpan.FromTicks(-1), out _));
        Assert.True(_table.TryBreak(session, Start + LeaseTerms.WaitOut(Lease), out var released));
        Assert.Equal([update.Id], released);
    }

    [Fact]
    public void Broken_IsGrantedNothingAndFoundNoMore()
    {
        var session = OpenInterestedIn(0);
        Assert.True(_table.TryBreak(session, Start, out _));

        Assert.Equal(TimeSpan.Zero, _table.Grant(session, Start, servingLeft: Lease));
        Assert.Null(_table.Find(session.Id));
        Assert.Empty(_table.Queue(Update(0), Start));
    }

    [Fact]
    public void Grant_IsNoLongerThanTheSilosOwnLease() =>
        Assert.Equal(TimeSpan.FromSeconds(1), _table.Grant(_table.Open("client")!, Start, servingLeft: TimeSpan.FromSeconds(1)));

    [Fact]
    public void Grant_WhileAPushIsUnacknowledged_EndsALeaseAfterThePush()
    {
        var session = OpenInterestedIn(0);
        _table.Queue(Update(0), Start);

        Assert.Equal(Lease - TimeSpan.FromSeconds(1.5), _table.Grant(session, Start + TimeSpan.FromSeconds(1.5), servingLeft: Lease));
        Assert.Equal(TimeSpan.Zero, _table.Grant(session, Start + Lease, servingLeft: Lease));
    }

    [Fact]
    public void Acknowledged_ForgetsInterestUnlessItWasRegisteredAgainSince()
    {
        var session = OpenInterestedIn(0, 1);
        _table.Queue(Update(0, 1), Start);
        _table.Register(session, [Tags[1]], Start);
        _table.Acknowledged(session, 1);

        Assert.Empty(_table.Queue(Update(0), Start));
        Assert.Equal([session], _table.Queue(Update(1), Start));
    }

    [Fact]
    public void Acknowledged_OfAStaling_KeepsTheInterest()
    {
        var session = OpenInterestedIn(0);
        _table.Queue(Update(0) with { StaleFor = TimeSpan.FromMinutes(1) }, Start);
        _table.Acknowledged(session, 1);

        Assert.Equal([session], _table.Queue(Update(0), Start));
    }

    [Fact]
    public void Register_OverTheBound_PushesOutTheOldestAndForgetsThemOnceAcknowledged()
    {
        var session = _table.Open("client")!;
        TagId[] many = [.. Enumerable.Range(0, Bound + 1).Select(i => TagId.OfTag(CacheNamespace.Default, $"many{i}"))];
        _table.Register(session, many, Start);
        var push = Assert.Single(session.Unacknowledged(10));

        // One over the bound, and an eighth of the bound on top.
        Assert.Equal(many[..2], push.Tags);
        Assert.Null(push.StaleFor);
        Assert.Equal(Bound + 1, session.InterestCount);
        _table.Acknowledged(session, push.Number);
        Assert.Equal(Bound - 1, session.InterestCount);
    }

    [Fact]
    public void Register_OverTheBoundOfAllSessions_PushesOutTheOldestOfTheOneWithTheMost()
    {
        var table = new SessionTable(Guid.NewGuid(), Lease, Bound, maximumTotal: 10);
        var (large, small, pressed) = (table.Open("large")!, table.Open("small")!, new List<IssuedSession>());
        Assert.True(table.Register(large, Many("large", 7), Start, pressed));
        Assert.True(table.Register(small, Many("small", 3), Start, pressed));
        Assert.Empty(pressed);

        Assert.True(table.Register(small, Many("more", 1), Start, pressed));
        Assert.Equal([large], pressed);
        var push = Assert.Single(large.Unacknowledged(10));
        Assert.Equal(Many("large", 1), push.Tags);
        Assert.Empty(small.Unacknowledged(10));
        Assert.Equal(11, table.InterestCount);
        table.Acknowledged(large, push.Number);
        Assert.Equal((10, 6, 4), (table.InterestCount, large.InterestCount, small.InterestCount));

        // What has ended counts no more.
        table.Left(large);
        Assert.Equal(4, table.InterestCount);
        Assert.True(table.Register(small, Many("again", 4), Start, pressed));
        Assert.Single(pressed);
        Assert.Empty(small.Unacknowledged(10));
    }

    /// <summary>Otherwise a client that acknowledges nothing would be remembered without a bound until its lease is over.</summary>
    [Fact]
    public void Register_OfAClientThatDoesNotLetGo_IsRefusedUntilItHas()
    {
        var session = _table.Open("client")!;
        var registered = 0;
        while (registered < 10_000 && _table.Register(session, Many($"tags{registered}", 8), Start))
        {
            registered += 8;
        }

        Assert.InRange(session.InterestCount, Bound, (2 * Bound) + NameLimits.TagsPerEntry + NameLimits.TagsPerCall + 10);
        Assert.Equal(registered, session.InterestCount);
        Assert.Empty(_table.Queue(new(new(Guid.Empty, 1), Many($"tags{registered}", 8), StaleFor: null), Start));
        _table.Acknowledged(session, session.Unacknowledged(int.MaxValue)[^1].Number);
        Assert.True(_table.Register(session, Many("again", 8), Start));
    }

    [Fact]
    public void Register_WhileClientsHaveNotLetGoOfAllThatThereMayBe_IsRefused()
    {
        var table = new SessionTable(Guid.NewGuid(), Lease, Bound, maximumTotal: 20);
        var sessions = Enumerable.Range(0, 10).Select(i => table.Open($"client{i}")!).ToArray();
        var count = 0;
        while (count < 1_000 && table.Register(sessions[count % 10], Many($"tags{count}", 4), Start))
        {
            count++;
        }

        Assert.InRange(table.InterestCount, 20, 2 * (20 + Bound));
        Assert.InRange(count, 5, 20);
        Array.ForEach(sessions, session => table.Left(session));
        Assert.Equal(0, table.InterestCount);
        Assert.True(table.Register(table.Open("another")!, Many("again", 4), Start));
    }

    [Fact]
    public void Open_AfterClose_IsRefused()
    {
        _table.Close();
        Assert.Null(_table.Open("client"));
    }

    [Fact]
    public void Table_RandomCalls_AgreesWithAModelThatRemembersEverything() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 3_000]).Array[1, 120].Sample(
            calls =>
            {
                var model = new SessionTableModel(Lease, Bound);
                foreach (var (what, who, tag, milliseconds) in calls)
                {
                    model.Call(what, who, Tags[tag], TimeSpan.FromMilliseconds(milliseconds));
                }
            },
            iter: 2_000);

    private static TagId[] Many(string name, int count) => [.. Enumerable.Range(0, count).Select(i => TagId.OfTag(CacheNamespace.Default, $"{name}:{i}"))];

    private IssuedSession OpenInterestedIn(params int[] tags)
    {
        var session = _table.Open("client")!;
        _table.Register(session, [.. tags.Select(tag => Tags[tag])], Start);
        return session;
    }

    private TagUpdate Update(params int[] tags) => new(new(Guid.Empty, ++_updates), [.. tags.Select(tag => Tags[tag])], StaleFor: null);
}
