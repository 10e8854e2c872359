using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a silo does for holds: as their coordinator, as a member, and as the one that is asked to end them.</summary>
public sealed class HoldTests : IDisposable
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly SiloAddress B = InvalidatorHost.Silo(3);
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly HoldRequest Request = new([InvalidatorHost.Tag("t")], AtMost);

    private readonly InvalidatorHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Hold_IsHadWhenEveryMemberHasAcknowledged_AndIsNotSettled()
    {
        await _host.Serve((A, SiloStatus.Active), (B, SiloStatus.Active));
        var held = new TaskCompletionSource();
        _host.Peers[B].Answer = async batch =>
        {
            await held.Task.Soon();
            return await FakePeer.AcknowledgeAll(batch);
        };
        var before = _host.Ledger.Stamp();

        var holding = _host.Invalidator.Hold(Request, Patience);

        var batch = await _host.Peers[A].NextWithUpdates();
        Assert.Equal(AtMost, Assert.Single(batch.Updates).HoldFor);
        Assert.False(_host.Ledger.IsLive(Request.Tags, before));
        Assert.False(holding.IsCompleted);
        held.SetResult();
        Assert.Equal((batch.Updates[0].Id, 3), ((await holding).Id!.Value, (await holding).Members));
        Assert.Equal(1, _host.Ledger.Holds);
        Assert.False(_host.Ledger.MayKeepCopy(Request.Tags, _host.Ledger.Stamp()));
    }

    [Fact]
    public async Task Release_EndsItHereAtOnce_TellsTheMembers_AndIsHeldOnce()
    {
        await _host.Serve((A, SiloStatus.Active));
        var hold = new HoldRelease((await _host.Invalidator.Hold(Request, Patience)).Id!.Value, Request.Tags);
        var during = _host.Ledger.Stamp();
        Assert.True(_host.Ledger.IsLive(Request.Tags, during));

        Assert.True(_host.Invalidator.Release(hold));

        Assert.Equal(0, _host.Ledger.Holds);
        Assert.False(_host.Ledger.IsLive(Request.Tags, during));
        Assert.True(_host.Ledger.MayKeepCopy(Request.Tags, _host.Ledger.Stamp()));
        Assert.Equal(hold.Id, Assert.Single((await _host.Peers[A].NextThatReleases()).Released!).Id);
        Assert.False(_host.Invalidator.Release(hold));
    }

    [Fact]
    public async Task Release_ThatDidNotArrive_IsSentAgain()
    {
        await _host.Serve((A, SiloStatus.Active));
        var hold = new HoldRelease((await _host.Invalidator.Hold(Request, Patience)).Id!.Value, Request.Tags);
        _host.Peers[A].Answer = _ => Task.FromException<UpdateReceipt>(new TimeoutException());

        _host.Invalidator.Release(hold);
        await _host.Peers[A].NextThatReleases();
        _host.Peers[A].Answer = FakePeer.AcknowledgeAll;

        var again = _host.Peers[A].NextThatReleases();
        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(10), () => again.IsCompleted);
        Assert.Equal(hold.Id, Assert.Single((await again).Released!).Id);
    }

    [Fact]
    public async Task Hold_ThatAMemberDoesNotAcknowledge_IsRefusedAndReleased()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Peers[A].Answer = batch => Task.FromResult(new UpdateReceipt([]));

        var holding = _host.Invalidator.Hold(Request, Patience);
        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(10), () => holding.IsCompleted);

        Assert.Null((await holding).Id);
        Assert.StartsWith("Not acknowledged yet", (await holding).Reason, StringComparison.Ordinal);
        Assert.Equal((0, 0), (_host.Ledger.Holds, _host.Invalidator.PendingCount));
        await _host.Peers[A].NextThatReleases();
    }

    [Fact]
    public async Task Update_ThatIsNotAcknowledged_NamesTheSiloAndTheClient()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Peers[A].Answer = batch => Task.FromResult(new UpdateReceipt([]));
        var session = _host.Sessions.Open(new SilentClient(), "web-1/42").Session;
        var registered = _host.Sessions.Register([session], _host.Ledger.Attach(Request.Tags), TagId.OfKey("7:defaultkey"));
        Assert.True(_host.Sessions.Terms([session], registered, isLive: true).MayKeep);

        var updating = _host.Invalidator.Update(new(Request.Tags, StaleFor: null), Patience / 2);
        _host.Time.Advance(Patience / 2);

        var waiting = (await updating).Waiting!;
        Assert.Equal([(A.ToString(), null), ("web-1/42", InvalidatorHost.Self.ToString())], waiting.Select(process => (process.Name, process.Silo)));
        Assert.Equal(Patience / 2, waiting[0].For);
        Assert.InRange(waiting[1].LeaseLeft!.Value, TimeSpan.FromSeconds(0.5), new TagCacheOptions().SessionLease * 0.6);
        Assert.False(waiting[0].IsDead);
    }

    [Fact]
    public async Task Hold_WithoutALease_IsRefusedAndReleased()
    {
        _host.Observe();

        var outcome = await _host.Invalidator.Hold(Request, Patience);

        Assert.Equal((null, "The coordinating silo has no valid serving lease."), (outcome.Id, outcome.Reason));
        Assert.Equal((0, 0), (_host.Ledger.Holds, _host.Invalidator.PendingCount));
    }

    [Fact]
    public async Task Release_WithoutALease_IsNotHeld()
    {
        await _host.Serve();
        var hold = new HoldRelease((await _host.Invalidator.Hold(Request with { AtMost = LeaseTerms.LongestHold }, Patience)).Id!.Value, Request.Tags);
        _host.IsAliveInTable = false;
        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(100), () => !_host.Lease.IsValid());

        Assert.False(_host.Invalidator.Release(hold));
    }

    [Fact]
    public async Task Hold_EndsByItself_LaterThanItsHolderBelieves()
    {
        await _host.Serve();
        var begun = _host.Time.Now();
        await _host.Invalidator.Hold(Request, Patience);

        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(10), () => _host.Ledger.Holds == 0);

        Assert.InRange(_host.Time.Now() - begun, LeaseTerms.WaitOut(AtMost), LeaseTerms.WaitOut(AtMost) + TimeSpan.FromSeconds(1));
        Assert.True(LeaseTerms.Usable(AtMost) < AtMost);
    }

    [Fact]
    public async Task HoldOfAnother_IsAcknowledgedAndHeld_UntilItIsReleased()
    {
        await _host.Serve((A, SiloStatus.Active));
        var (hold, incarnation) = OfAnother(1);
        var batch = new UpdateBatch(incarnation, [hold], [], 1);

        Assert.Equal([hold.Id], _host.Invalidator.Receive(A, batch).Acknowledged);
        Assert.Equal([hold.Id], _host.Invalidator.Receive(A, batch with { OldestUnsettled = 2 }).Acknowledged);
        Assert.Equal(1, _host.Ledger.Holds);
        Assert.True(_host.Invalidator.Holds.Count == 1);

        _host.Invalidator.Receive(A, new(incarnation, [], [], 2, Released: [new(hold.Id, hold.Tags)]));
        Assert.Equal(0, _host.Ledger.Holds);
        Assert.Equal(0, _host.Invalidator.Holds.Count);
    }

    /// <summary>One that has acknowledged a hold itself can tell that it was held, whoever coordinated it.</summary>
    [Fact]
    public async Task HoldOfADeadCoordinator_IsNotFinished_AndIsSaidToBeHeld()
    {
        await _host.Serve((A, SiloStatus.Active), (B, SiloStatus.Active));
        var (hold, incarnation) = OfAnother(1);
        _host.Invalidator.Receive(A, new(incarnation, [hold], [], 1));

        _host.Observe((A, SiloStatus.Dead), (B, SiloStatus.Active));

        Assert.Equal((1, 0), (_host.Ledger.Holds, _host.Invalidator.PendingCount));
        Assert.True(_host.Invalidator.Release(new(hold.Id, hold.Tags)));
    }

    [Fact]
    public async Task Hold_BesideASiloThatKnowsNone_IsRefused_AsCoordinatorAndAsMember()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Versions.Accepts(A, new(1, ProtocolVersion.Holds - 1, "0.0.9"));

        Assert.Equal("A silo of the cluster has a version that knows no holds.", (await _host.Invalidator.Hold(Request, Patience)).Reason);

        var (hold, incarnation) = OfAnother(1);
        Assert.Empty(_host.Invalidator.Receive(B, new(incarnation, [hold], [], 1)).Acknowledged);
        Assert.Equal(0, _host.Ledger.Holds);
    }

    [Fact]
    public async Task Hold_OverTheBound_IsRefused_AndAJoinerAdoptsOverIt()
    {
        await _host.Serve();
        for (var i = 0; i < InvalidatorHost.MaximumHolds; i++)
        {
            Assert.NotNull((await _host.Invalidator.Hold(Request, Patience)).Id);
        }

        Assert.Equal("The silo holds 3 holds; MaximumHolds is 3.", (await _host.Invalidator.Hold(Request, Patience)).Reason);
        _host.Invalidator.Adopt(InvalidatorHost.Silo(2), new(Standing.Serving, [new(new(Guid.NewGuid(), 1), Request.Tags, AtMost)]), _host.Time.Now());
        Assert.Equal(4, _host.Ledger.Holds);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(61, 1)]
    [InlineData(10, 0)]
    [InlineData(10, 129)]
    public async Task Hold_BeyondALimit_IsRefused(int seconds, int tags)
    {
        await _host.Serve();

        var outcome = await _host.Invalidator.Hold(new([.. Enumerable.Range(0, tags).Select(tag => InvalidatorHost.Tag($"{tag}"))], TimeSpan.FromSeconds(seconds)), Patience);

        Assert.Null(outcome.Id);
        Assert.Equal(0, _host.Ledger.Holds);
    }

    private static (TagUpdate Hold, Guid Incarnation) OfAnother(long sequence)
    {
        var incarnation = Guid.NewGuid();
        return (new(new(incarnation, sequence), Request.Tags, StaleFor: null, HoldFor: AtMost), incarnation);
    }

    private sealed class SilentClient : INearCacheObserver
    {
        public Task<long> Apply(Push[] pushes) => new TaskCompletionSource<long>().Task;

        public Task End(SessionId session) => Task.CompletedTask;
    }
}
