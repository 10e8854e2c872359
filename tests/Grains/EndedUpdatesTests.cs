using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Journal;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>When readers outside of the cluster are told of an update: once it is complete everywhere, and not before (invariant E2).</summary>
public sealed class EndedUpdatesTests : IDisposable
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly SiloAddress B = InvalidatorHost.Silo(3);
    private static readonly Guid Other = Guid.NewGuid();

    private readonly InvalidatorHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task OwnUpdate_IsToldWhenEveryMemberHasAcknowledged()
    {
        await _host.Serve((A, SiloStatus.Active), (B, SiloStatus.Active));
        var held = new TaskCompletionSource<UpdateReceipt>();
        _host.Peers[B].Answer = batch => batch.Updates.Length == 0 ? FakePeer.AcknowledgeAll(batch) : held.Task;
        var cursor = _host.Invalidator.EventsFromNow();

        var (_, completion) = _host.Invalidator.Begin(new([InvalidatorHost.Tag("t")], null));
        var sent = await _host.Peers[B].NextWithUpdates();
        await _host.Peers[A].NextWithUpdates();
        Assert.Empty(Read(cursor));
        Assert.False(_host.Invalidator.Events.After(cursor).IsCompleted);

        held.SetResult(new([.. sent.Updates.Select(update => update.Id)]));
        Assert.True((await completion.Soon()).IsComplete);
        await _host.Invalidator.Events.After(cursor).Soon();
        Assert.Equal([InvalidatorHost.Tag("t")], Assert.Single(Read(cursor)).Tags);
    }

    [Fact]
    public async Task OwnUpdateOfAKey_IsNotTold()
    {
        await _host.Serve();
        var cursor = _host.Invalidator.EventsFromNow();
        Assert.True((await _host.Invalidator.Begin(new([Names.TagId.OfKey("7:defaultk")], null)).Completion.Soon()).IsComplete);
        Assert.Empty(Read(cursor));
    }

    [Fact]
    public async Task UpdateOfAnother_IsToldWhenThatSaysThatItIsSettled()
    {
        await _host.Serve((A, SiloStatus.Active));
        var cursor = _host.Invalidator.EventsFromNow();
        var update = new TagUpdate(new(Other, 1), [InvalidatorHost.Tag("t")], TimeSpan.FromHours(1));

        _host.Invalidator.Receive(A, new(Other, [update], [], 1, Begun: 1));
        Assert.Empty(Read(cursor));

        _host.Invalidator.Receive(A, new(Other, [], [update.Id], 2, Begun: 1));
        var told = Assert.Single(Read(cursor));
        Assert.Equal((update.Id, update.StaleFor, 1L), (told.Id, told.StaleFor, told.SeenUpTo));
    }

    [Fact]
    public async Task UpdateOfADeadSilo_IsToldWhenItIsFinished()
    {
        await _host.Serve((A, SiloStatus.Active));
        var cursor = _host.Invalidator.EventsFromNow();
        var update = new TagUpdate(new(Other, 1), [InvalidatorHost.Tag("t")], null);
        _host.Invalidator.Receive(A, new(Other, [update], [], 1, Begun: 1));

        _host.Observe((A, SiloStatus.Dead));
        Assert.Empty(Read(cursor));
        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(100), () => _host.Invalidator.Events.After(cursor).IsCompleted);

        var told = Assert.Single(Read(cursor));
        Assert.NotEqual(Other, told.Id.Coordinator);
        Assert.Equal(update.Tags, told.Tags);
        Assert.Equal(EventPosition.All, _host.Invalidator.EventsFromNow().Position.Seen[Other]);
    }

    [Fact]
    public async Task Hold_IsToldWhenItEnds()
    {
        await _host.Serve((A, SiloStatus.Active));
        var cursor = _host.Invalidator.EventsFromNow();
        var hold = new TagUpdate(new(Other, 1), [InvalidatorHost.Tag("t")], null, HoldFor: TimeSpan.FromSeconds(10));
        _host.Invalidator.Receive(A, new(Other, [hold], [], 1, Begun: 1));

        // It was had: its number is passed, and the log still waits for its end.
        _host.Invalidator.Receive(A, new(Other, [], [], 2, Begun: 1));
        Assert.Empty(Read(cursor));
        Assert.DoesNotContain(Other, _host.Invalidator.EventsFromNow().Position.Seen.Keys);

        _host.Invalidator.Receive(A, new(Other, [], [], 2, Released: [new(hold.Id, hold.Tags)], Begun: 1));
        Assert.Equal(hold.Id, Assert.Single(Read(cursor)).Id);
        Assert.Equal(1, _host.Invalidator.EventsFromNow().Position.Seen[Other]);
    }

    private List<LoggedEvent> Read(EventCursor cursor)
    {
        var events = new List<LoggedEvent>();
        Assert.True(_host.Invalidator.Events.Read(cursor, events, 100));
        return events;
    }
}
