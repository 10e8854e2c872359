using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>When an update is complete, and what becomes of it when it cannot be.</summary>
public sealed class InvalidatorTests : IDisposable
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly SiloAddress B = InvalidatorHost.Silo(3);
    private static readonly UpdateRequest Update = new([InvalidatorHost.Tag("t")], StaleFor: null);

    private readonly InvalidatorHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Update_ManyOfItsOwn_AreNotRemembered()
    {
        await _host.Serve((A, SiloStatus.Active));
        for (var i = 0; i < 100; i++)
        {
            Assert.True((await _host.Invalidator.Begin(Update).Completion).IsComplete);
        }

        Assert.Equal(0, _host.Invalidator.RememberedCount);
    }

    [Fact]
    public async Task Begin_AppliesToTheOwnLedgerBeforeItReturns()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Peers[A].Answer = _ => new TaskCompletionSource<UpdateReceipt>().Task;
        var before = _host.Ledger.Stamp();

        _host.Invalidator.Begin(Update);

        Assert.False(_host.Ledger.IsLive(Update.Tags, before));
        Assert.True(_host.Ledger.IsLive(Update.Tags, _host.Ledger.Stamp()));
    }

    [Fact]
    public async Task Update_IsCompleteOnlyWhenEveryMemberHasAcknowledged()
    {
        await _host.Serve((A, SiloStatus.Active), (B, SiloStatus.ShuttingDown));
        var held = new TaskCompletionSource();
        _host.Peers[B].Answer = async batch =>
        {
            await held.Task.Soon();
            return await FakePeer.AcknowledgeAll(batch);
        };

        var (_, completion) = _host.Invalidator.Begin(Update);
        await _host.Peers[A].NextWithUpdates();
        await _host.Peers[B].NextWithUpdates();
        Assert.False(completion.IsCompleted);
        Assert.Equal(1, _host.Ledger.Counts.OpenUpdates);

        held.SetResult();
        Assert.Equal(3, (await completion).Members);
        Assert.Equal(0, _host.Ledger.Counts.OpenUpdates);
    }

    [Fact]
    public async Task Update_MemberThatFails_IsSentItAgain()
    {
        await _host.Serve((A, SiloStatus.Active));
        var isFirst = true;
        _host.Peers[A].Answer = batch =>
        {
            if (!isFirst)
            {
                return FakePeer.AcknowledgeAll(batch);
            }

            isFirst = false;
            throw new TimeoutException();
        };

        var (_, completion) = _host.Invalidator.Begin(Update);
        var first = await _host.Peers[A].NextWithUpdates();
        await AdvanceUntil(completion);

        Assert.True((await completion).IsComplete);
        Assert.Equal(first.Updates[0].Id, (await _host.Peers[A].NextWithUpdates()).Updates[0].Id);
    }

    [Fact]
    public async Task Update_HeldUpByOne_DoesNotHoldUpThoseBehindIt()
    {
        await _host.Serve((A, SiloStatus.Active));
        UpdateId? heldUp = null;
        _host.Peers[A].Answer = batch =>
        {
            heldUp ??= batch.Updates[0].Id;
            return Task.FromResult(new UpdateReceipt([.. batch.Updates.Select(change => change.Id).Where(id => id != heldUp)]));
        };

        var (_, first) = _host.Invalidator.Begin(Update);
        await _host.Peers[A].NextWithUpdates();
        var (_, second) = _host.Invalidator.Begin(Update with { Tags = [InvalidatorHost.Tag("u")] });
        await AdvanceUntil(second);

        Assert.True((await second).IsComplete);
        Assert.False(first.IsCompleted);
        heldUp = default(UpdateId);
        await AdvanceUntil(first);
        Assert.True((await first).IsComplete);
    }

    [Fact]
    public async Task Update_SiloThatSaysHelloMeanwhile_IsReachedToo()
    {
        await _host.Serve((A, SiloStatus.Active));
        var held = new TaskCompletionSource();
        _host.Peers[A].Answer = async batch =>
        {
            await held.Task.Soon();
            return await FakePeer.AcknowledgeAll(batch);
        };
        var (_, completion) = _host.Invalidator.Begin(Update);
        await _host.Peers[A].NextWithUpdates();

        Assert.True(_host.Members.Greet(B));
        held.SetResult();

        Assert.Equal(3, (await completion).Members);
        Assert.Equal(Update.Tags, (await _host.Peers[B].NextWithUpdates()).Updates[0].Tags);
    }

    [Fact]
    public async Task Update_SiloThatIsJoiningWithoutHello_IsNotWaitedFor()
    {
        await _host.Serve((A, SiloStatus.Joining));
        Assert.Equal(1, (await _host.Invalidator.Begin(Update).Completion).Members);
    }

    [Fact]
    public async Task Update_DeadMember_IsWaitedForUntilItsLeaseIsOver()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Peers[A].Answer = _ => throw new TimeoutException();
        var (_, completion) = _host.Invalidator.Begin(Update);
        await _host.Peers[A].NextWithUpdates();
        _host.Observe((A, SiloStatus.Dead));

        Advance(LeaseTerms.WaitOut(InvalidatorHost.LeaseLength));
        Assert.Contains(A, _host.Members.Others);
        Assert.False(completion.IsCompleted);

        await AdvanceUntil(completion);
        Assert.Equal(1, (await completion).Members);
    }

    [Fact]
    public async Task Update_MemberThatSaysGoodbye_IsWaitedForNoLonger()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Peers[A].Answer = _ => throw new TimeoutException();
        var (_, completion) = _host.Invalidator.Begin(Update);
        await _host.Peers[A].NextWithUpdates();

        _host.Members.Leave(A);

        Assert.True((await completion).IsComplete);
    }

    [Fact]
    public async Task Update_WithoutAValidLease_IsIncompleteAndIsSettledWhenTheLeaseIsBack()
    {
        await _host.Serve();
        _host.IsAliveInTable = false;
        Advance(InvalidatorHost.LeaseLength);
        Assert.False(_host.Lease.IsValid());

        Assert.False((await _host.Invalidator.Begin(Update).Completion).IsComplete);
        Assert.Equal(1, _host.Ledger.Counts.OpenUpdates);

        _host.IsAliveInTable = true;
        var renewed = new TaskCompletionSource();
        _host.Lease.Renewed += () => renewed.TrySetResult();
        await AdvanceUntil(renewed.Task);
        await Events.On(CacheEvent.UpdateSettled).Until(() => _host.Ledger.Counts.OpenUpdates == 0);
    }

    [Fact]
    public async Task Update_WhoseCallerHasNoPatienceLeft_IsIncompleteAndGoesOn()
    {
        await _host.Serve((A, SiloStatus.Active));
        var held = new TaskCompletionSource();
        _host.Peers[A].Answer = async batch =>
        {
            await held.Task.Soon();
            return await FakePeer.AcknowledgeAll(batch);
        };
        var impatient = _host.Invalidator.Update(Update, TimeSpan.FromSeconds(1));
        await _host.Peers[A].NextWithUpdates();
        Advance(TimeSpan.FromSeconds(1));

        Assert.False((await impatient).IsComplete);
        held.SetResult();
        Assert.Single((await _host.Peers[A].NextThatSettles()).Settled);
        Assert.Equal(0, _host.Invalidator.PendingCount);
    }

    [Fact]
    public async Task Receive_FromACoordinatorThatDies_IsFinishedHereAndSettledEverywhere()
    {
        await _host.Serve((A, SiloStatus.Active), (B, SiloStatus.Active));
        var orphan = new TagUpdate(new(Guid.NewGuid(), 1), Update.Tags, null);
        _host.Invalidator.Receive(A, new(orphan.Id.Coordinator, [orphan], [], 1));
        Assert.Equal(1, _host.Ledger.Counts.OpenUpdates);

        _host.Peers[A].Answer = _ => throw new TimeoutException();
        _host.Observe((A, SiloStatus.Dead), (B, SiloStatus.Active));
        Assert.Equal(Update.Tags, (await _host.Peers[B].NextWithUpdates()).Updates[0].Tags);
        var settled = _host.Peers[B].NextThatSettles();
        await AdvanceUntil(settled);

        Assert.Contains(orphan.Id, (await settled).Settled);
        Assert.Equal(0, _host.Ledger.Counts.OpenUpdates);
    }

    [Fact]
    public async Task Receive_FromACoordinatorThatIsDeadAlready_IsFinishedToo()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.Observe((A, SiloStatus.Dead));
        Advance(2 * InvalidatorHost.LeaseLength);
        var renewed = new TaskCompletionSource();
        _host.Lease.Renewed += () => renewed.TrySetResult();
        await AdvanceUntil(renewed.Task);
        var orphan = new TagUpdate(new(Guid.NewGuid(), 1), Update.Tags, null);

        _host.Invalidator.Receive(A, new(orphan.Id.Coordinator, [orphan], [], 1));

        await Events.On(CacheEvent.UpdateSettled).Until(() => _host.Ledger.Counts.OpenUpdates == 0);
    }

    [Fact]
    public async Task Receive_LateRepeatOfASettledUpdate_ExpiresAgainButOpensNothing()
    {
        await _host.Serve((A, SiloStatus.Active));
        var change = new TagUpdate(new(Guid.NewGuid(), 4), Update.Tags, null);
        _host.Invalidator.Receive(A, new(change.Id.Coordinator, [change], [], 4));
        _host.Invalidator.Receive(A, new(change.Id.Coordinator, [], [change.Id], 4));
        var stamp = _host.Ledger.Stamp();

        var receipt = _host.Invalidator.Receive(A, new(change.Id.Coordinator, [change], [], 4));

        Assert.Equal([change.Id], receipt.Acknowledged);
        Assert.False(_host.Ledger.IsLive(Update.Tags, stamp));
        Assert.Equal(0, _host.Ledger.Counts.OpenUpdates);
    }

    [Fact]
    public async Task Settling_OfAnUpdate_IsNoted_SoThatNothingCopiedBeforeItIsBelieved()
    {
        await _host.Serve((A, SiloStatus.Active));
        _host.History.Begin(_host.Time.Now());
        Advance(TimeSpan.FromSeconds(1));
        var change = new TagUpdate(new(Guid.NewGuid(), 4), Update.Tags, null);
        _host.Invalidator.Receive(A, new(change.Id.Coordinator, [change], [], 4));
        Advance(TimeSpan.FromSeconds(1));
        var copiedAt = _host.Time.Now();
        Advance(TimeSpan.FromSeconds(1));
        _host.Invalidator.Receive(A, new(change.Id.Coordinator, [], [change.Id], 5));
        Advance(TimeSpan.FromSeconds(1));

        var stamp = _host.History.AsOf(copiedAt, _host.Ledger.Stamp());
        Assert.True(_host.Ledger.IsLive(Update.Tags, stamp));
        Assert.False(_host.Ledger.MayKeepCopy(Update.Tags, stamp));
        Assert.True(_host.Ledger.MayKeepCopy(Update.Tags, _host.Ledger.Stamp()));
    }

    [Fact]
    public async Task Update_WhenComplete_IsSettledAtEveryMemberWithTheNextBatch()
    {
        await _host.Serve((A, SiloStatus.Active));
        await _host.Invalidator.Begin(Update).Completion;

        var sent = (await _host.Peers[A].NextWithUpdates()).Updates[0].Id;
        var settling = await _host.Peers[A].NextThatSettles();
        Assert.Equal([sent], settling.Settled);
        Assert.Equal(sent.Sequence + 1, settling.OldestUnsettled);
    }

    private void Advance(TimeSpan span) => _host.Time.Advance(span);

    /// <summary>Lets the clock run until something has happened; retries and renewals wait on it.</summary>
    private Task AdvanceUntil(Task task) => Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(10), () => task.IsCompleted);
}
