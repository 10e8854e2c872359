using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>How long an update waits for a silo's clients, on a clock that the test owns.</summary>
public sealed class ClientSessionsTests : IDisposable
{
    private static readonly SiloAddress A = InvalidatorHost.Silo(2);
    private static readonly UpdateRequest Update = new([InvalidatorHost.Tag("t")], StaleFor: null);
    private static readonly TimeSpan Lease = new TagCacheOptions().SessionLease;

    private readonly InvalidatorHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Update_OfATagThatAClientKeeps_WaitsForItsAcknowledgement()
    {
        await _host.Serve();
        var client = Keep();
        var (_, completion) = _host.Invalidator.Begin(Update);
        var pushes = await client.Next();

        Assert.Equal(Update.Tags, Assert.Single(pushes).Tags);
        Assert.False(completion.IsCompleted);
        client.Acknowledge();
        Assert.True((await completion).IsComplete);
    }

    [Fact]
    public async Task Update_OfAnotherTag_DoesNotWait()
    {
        await _host.Serve();
        Keep();

        var (_, completion) = _host.Invalidator.Begin(new([InvalidatorHost.Tag("other")], StaleFor: null));

        Assert.True((await completion).IsComplete);
    }

    [Fact]
    public async Task Update_OfAClientThatIsSilent_WaitsForTheEndOfItsLeaseAndTheNextDoesNotWait()
    {
        await _host.Serve();
        var client = Keep();
        var begun = _host.Time.GetTimestamp();
        var (_, completion) = _host.Invalidator.Begin(Update);
        await client.Next();

        _host.Time.Advance(LeaseTerms.WaitOut(Lease) - TimeSpan.FromMilliseconds(1));
        Assert.False(completion.IsCompleted);
        await AdvanceUntil(() => completion.IsCompleted);

        Assert.True((await completion).IsComplete);
        // How much later than that is no matter of this clock: it runs on while a starved thread has not seen it yet.
        Assert.True(_host.Time.GetElapsedTime(begun) >= LeaseTerms.WaitOut(Lease));
        Assert.Equal(SessionId.None, _host.Sessions.Renew(client.Session).Session);
        Assert.True((await _host.Invalidator.Begin(Update).Completion).IsComplete);
    }

    [Fact]
    public async Task Update_OfAClientThatRenewsAndLosesPushes_IsNotHeldUpForEver()
    {
        await _host.Serve();
        var client = Keep();
        var (_, completion) = _host.Invalidator.Begin(Update);
        await client.Next();

        // Without the bound on renewals this would go on until the wait gives up.
        await Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(100), () =>
        {
            _host.Sessions.Renew(client.Session);
            return completion.IsCompleted;
        });

        Assert.True((await completion).IsComplete);
    }

    [Fact]
    public async Task Update_WhosePushWasLost_IsPushedAgain()
    {
        await _host.Serve();
        var client = Keep();
        client.Answer = _ => Task.FromException<long>(new TimeoutException());
        var (_, completion) = _host.Invalidator.Begin(Update);
        var first = await client.Next();
        client.Answer = pushes => Task.FromResult(pushes[^1].Number);

        await AdvanceUntil(() => completion.IsCompleted);

        Assert.Equal(first, await client.Next());
        Assert.True((await completion).IsComplete);
    }

    [Fact]
    public async Task Receive_OfAnUpdateThatAClientHoldsUp_IsConfirmedWhenItHasLetGo()
    {
        await _host.Serve((A, SiloStatus.Active));
        var client = Keep();
        var id = new UpdateId(Guid.NewGuid(), 1);
        var receipt = _host.Invalidator.Receive(A, new(id.Coordinator, [new(id, Update.Tags, null)], [], 1));
        Assert.Empty(receipt.Acknowledged);
        await client.Next();

        client.Acknowledge();

        Assert.Equal([id], await _host.Peers[A].NextConfirmed());
        var repeat = _host.Invalidator.Receive(A, new(id.Coordinator, [new(id, Update.Tags, null)], [], 1));
        Assert.Equal([id], repeat.Acknowledged);
    }

    [Fact]
    public async Task Update_HeldUpByOneClient_HoldsNoOtherUp()
    {
        await _host.Serve();
        Keep();
        var (_, slow) = _host.Invalidator.Begin(Update);
        var (_, quick) = _host.Invalidator.Begin(new([InvalidatorHost.Tag("other")], StaleFor: null));

        Assert.True((await quick).IsComplete);
        Assert.False(slow.IsCompleted);
    }

    [Fact]
    public async Task Open_WithoutALease_IsRefused()
    {
        await _host.Serve();
        await _host.Lease.StopServing();

        Assert.Equal(SessionId.None, _host.Sessions.Open(new FakeClient(), "client").Session);
    }

    [Fact]
    public async Task EndAll_WaitsForEachClientsWordOrTheEndOfItsLease()
    {
        await _host.Serve();
        var (polite, silent) = (Keep(), Keep());
        polite.AnswerEnd = () => Task.CompletedTask;
        await _host.Lease.StopServing();

        var left = Events.On(CacheEvent.SessionEnded);
        var ended = _host.Sessions.EndAll();
        await left.Until(() => _host.Sessions.Counts.Sessions == 1);
        _host.Time.Advance(LeaseTerms.WaitOut(Lease) - TimeSpan.FromMilliseconds(1));
        Assert.False(ended.IsCompleted);
        await AdvanceUntil(() => ended.IsCompleted);

        Assert.Equal(0, _host.Sessions.Counts.Sessions);
        Assert.Equal(silent.Session, await silent.Ended);
    }

    [Fact]
    public async Task Session_OfAClientThatWentAwayLongAgo_IsForgotten()
    {
        await _host.Serve();
        Keep();

        await AdvanceUntil(() => _host.Sessions.Counts is { Sessions: 0, Interest: 0 });
    }

    [Fact]
    public async Task Open_OfMoreSessionsThanMayBe_GivesNone_UntilOneHasLeft()
    {
        await _host.Serve();
        var client = new FakeClient();
        var opened = Enumerable.Range(0, new TagCacheOptions().MaximumSessions).Select(_ => _host.Sessions.Open(client, "client").Session).ToArray();

        Assert.DoesNotContain(SessionId.None, opened);
        Assert.Equal(SessionId.None, _host.Sessions.Open(client, "client").Session);
        _host.Sessions.Leave(opened[0]);
        Assert.NotEqual(SessionId.None, _host.Sessions.Open(client, "client").Session);
    }

    /// <summary>Until then updates wait for it; a client that keeps nothing is not waited for.</summary>
    [Fact]
    public async Task Session_WhoseConnectionHasEnded_IsBrokenWhenItsLeaseIsOver()
    {
        await _host.Serve();
        var keeping = Keep();
        var empty = _host.Sessions.Open(new FakeClient(), "client").Session;

        Assert.True(_host.Sessions.Abandon(empty).IsCompletedSuccessfully);
        Assert.Equal(1, _host.Sessions.Counts.Sessions);

        var abandoned = _host.Sessions.Abandon(keeping.Session);
        var (_, completion) = _host.Invalidator.Begin(Update);
        _host.Time.Advance(Lease);
        Assert.Equal(1, _host.Sessions.Counts.Sessions);
        Assert.False(completion.IsCompleted);
        await AdvanceUntil(() => abandoned.IsCompleted && completion.IsCompleted);
        Assert.Equal(0, _host.Sessions.Counts.Sessions);
        Assert.True((await completion).IsComplete);
    }

    [Fact]
    public async Task Session_WhoseConnectionHasEnded_WithoutAnyUpdate_IsBrokenWhenItsLeaseIsOver()
    {
        await _host.Serve();
        var begun = _host.Time.GetTimestamp();
        var abandoned = _host.Sessions.Abandon(Keep().Session);
        await AdvanceUntil(() => abandoned.IsCompleted);
        Assert.Equal(0, _host.Sessions.Counts.Sessions);
        Assert.InRange(_host.Time.GetElapsedTime(begun), Lease, 2 * Lease);
    }

    private FakeClient Keep()
    {
        var client = new FakeClient();
        client.Session = _host.Sessions.Open(client, "client").Session;
        var records = _host.Ledger.Attach(Update.Tags);
        var session = _host.Sessions.Register([client.Session], records, TagId.OfKey("7:defaultkey"));
        Assert.Equal(new(InvalidatorHost.Self, client.Session, Lease, true), _host.Sessions.Terms([client.Session], session, isLive: true));
        return client;
    }

    private Task AdvanceUntil(Func<bool> isReached) => Waits.Advance(_host.Time, TimeSpan.FromMilliseconds(10), isReached);

    /// <summary>A client as the test scripts it: silent, unless told otherwise.</summary>
    private sealed class FakeClient : INearCacheObserver
    {
        private readonly System.Threading.Channels.Channel<Push[]> _pushed = System.Threading.Channels.Channel.CreateUnbounded<Push[]>();
        private readonly TaskCompletionSource<SessionId> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SessionId Session { get; set; }

        public Func<Push[], Task<long>>? Answer { get; set; }

        public Func<Task> AnswerEnd { get; set; } = () => new TaskCompletionSource().Task;

        public Task<SessionId> Ended => _ended.Task;

        public async Task<Push[]> Next() => await _pushed.Reader.ReadAsync().AsTask().Soon();

        public void Acknowledge() => _acknowledged.SetResult();

        public async Task<long> Apply(Push[] pushes)
        {
            // As told when the push came: the test reads it, and tells anew.
            var answer = Answer;
            await _pushed.Writer.WriteAsync(pushes);
            if (answer is not null)
            {
                return await answer(pushes);
            }

            await _acknowledged.Task.Soon();
            return pushes[^1].Number;
        }

        public Task End(SessionId session)
        {
            _ended.TrySetResult(session);
            return AnswerEnd();
        }
    }
}
