using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Tags;
using OrleansTagCache.Views;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Updates of all of several tags at one silo: which entries they end, and when they are acknowledged.</summary>
public sealed class UpdateAllTests : IAsyncLifetime
{
    private static readonly SiloAddress Other = InvalidatorHost.Silo(2);
    private static readonly TagId A = InvalidatorHost.Tag("a");
    private static readonly TagId B = InvalidatorHost.Tag("b");
    private static readonly UpdateRequest Both = UpdateRequest.OfAll([A, B]);

    private EntrySilo _silo = null!;

    public async Task InitializeAsync() => _silo = await EntrySilo.Serve();

    public Task DisposeAsync()
    {
        _silo.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Update_EndsWhatBearsAllOfTheTags_AndLeavesTheRestAlone()
    {
        await _silo.Generate("both", EntrySilo.Data("a", "b"));
        await _silo.Generate("more", EntrySilo.Data("c", "b", "a"));
        await _silo.Generate("a", EntrySilo.Data("a"));
        await _silo.Generate("b", EntrySilo.Data("b", "c"));

        Assert.True((await Begin(Both)).IsComplete);

        Assert.Equal((false, false, true, true), (IsFresh("both"), IsFresh("more"), IsFresh("a"), IsFresh("b")));
        Assert.True(_silo.Store.IsMissing(EntrySilo.Scope("both")));
        await _silo.Generate("both", EntrySilo.Data("a", "b"));
        Assert.True(IsFresh("both"));
    }

    [Theory]
    [InlineData("b a", false)]
    [InlineData("c a b", false)]
    [InlineData("a", true)]
    [InlineData("b c", true)]
    public async Task Generation_ThatBeganBefore_IsStoredOnlyIfItBearsNotAllOfTheTags(string tags, bool isStored)
    {
        var token = (await _silo.Entry("key").Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;

        await Begin(Both);

        var outcome = await _silo.Entry("key").Commit(token, EntrySilo.Data(tags.Split(' ')));
        Assert.Equal(isStored ? CommitStatus.Stored : CommitStatus.Superseded, outcome.Status);
        Assert.Equal(isStored, IsFresh("key"));
    }

    [Fact]
    public async Task Reader_WhoKnowsBothTags_DoesNotWaitForAGenerationFromBefore()
    {
        AcquireRequest asks = new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero, Tags: ["a", "b"]);
        var token = (await _silo.Entry("key").Acquire(asks)).Token;
        Assert.Equal(AcquireStatus.Busy, (await _silo.Entry("key").Acquire(asks)).Status);

        await Begin(Both);

        Assert.NotEqual(token, (await _silo.Entry("key").Acquire(asks)).Token);
        Assert.Equal(CommitStatus.Superseded, (await _silo.Entry("key").Commit(token, EntrySilo.Data("a", "b"))).Status);
    }

    [Fact]
    public async Task Set_WhoseCallCameBefore_StoresNothing()
    {
        await _silo.Generate("key", EntrySilo.Data("a"));
        var token = await _silo.Entry("key").BeginSet();
        await Begin(Both);

        var outcome = await _silo.Entry("key").Set(token, EntrySilo.Data("a", "b"), TimeSpan.Zero);

        Assert.Equal((CommitStatus.Superseded, true), (outcome.Commit.Status, outcome.Update.IsComplete));
        Assert.False(IsFresh("key"));
    }

    [Fact]
    public async Task ValuePastItsLife_IsServedNoMore_NotEvenWhenItsSourceFails()
    {
        await _silo.Generate("key", EntrySilo.Data("a", "b") with { Life = new(TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), FailSafe = TimeSpan.FromHours(1) });
        _silo.Time.Advance(TimeSpan.FromMinutes(1));
        var token = (await _silo.Entry("key").Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;
        Assert.NotNull(await _silo.Entry("key").FailSafe(token, isOver: false));

        await Begin(Both);

        Assert.Null(await _silo.Entry("key").FailSafe(token, isOver: true));
    }

    [Fact]
    public async Task Copy_ThatIsHeldAsAStandby_IsEndedToo()
    {
        var ticket = new Ticket(new(Guid.NewGuid()), _silo.Silo.Ledger.Stamp(), _silo.Time.Now());
        Assert.Equal(CopyStatus.Kept, _silo.Store.Keep(new EntryCopy(EntrySilo.Scope("key"), EntrySilo.Data("a", "b"), TimeSpan.Zero, TimeSpan.Zero, IsSet: false) with { IsForStandby = true }, ticket));
        Assert.True(IsFresh("key"));
        Assert.Empty(_silo.Index.Of(A));

        await Begin(Both);

        Assert.False(IsFresh("key"));
    }

    [Fact]
    public async Task Copy_UnderATicketFromBefore_IsNotKept()
    {
        var ticket = new Ticket(new(Guid.NewGuid()), _silo.Silo.Ledger.Stamp(), _silo.Time.Now());
        await Begin(Both);

        Assert.Equal(CopyStatus.Superseded, _silo.Store.Keep(new EntryCopy(EntrySilo.Scope("both"), EntrySilo.Data("a", "b"), TimeSpan.Zero, TimeSpan.Zero, IsSet: false), ticket));
        Assert.Equal(CopyStatus.Kept, _silo.Store.Keep(new EntryCopy(EntrySilo.Scope("one"), EntrySilo.Data("a", "c"), TimeSpan.Zero, TimeSpan.Zero, IsSet: false), ticket));
    }

    /// <summary>More than one piece of a walk.</summary>
    [Fact]
    public async Task Update_OfWhatManyBear_IsCompleteWhenAllAreEnded()
    {
        foreach (var i in Enumerable.Range(0, 5_000))
        {
            await _silo.Generate($"{i}", i % 2 == 0 ? EntrySilo.Data("a", "b") : EntrySilo.Data("a", $"t{i}"));
        }

        Assert.True((await Begin(Both)).IsComplete);

        Assert.All(Enumerable.Range(0, 5_000), i => Assert.Equal(i % 2 == 1, IsFresh($"{i}")));
    }

    /// <summary>While a generation is committed by another thread the walk waits for its gate, or the commit sees the update: whichever comes first, nothing old is left.</summary>
    [Fact]
    public async Task Commits_BesideUpdates_LeaveNothingOld()
    {
        for (var round = 0; round < 300; round++)
        {
            var key = $"race:{round}";
            var token = (await _silo.Entry(key).Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;
            var update = Task.Run(() => Begin(Both));
            var commit = Task.Run(async () => await _silo.Entry(key).Commit(token, EntrySilo.Data("a", "b")));

            Assert.True((await update.Soon()).IsComplete);
            Assert.False(IsFresh(key));
            await commit.Soon();
            Assert.False(IsFresh(key));
        }
    }

    [Fact]
    public async Task Receive_OfASmallWalk_AcknowledgesAtOnce_AndOfALargeOneWhenItHasEnded()
    {
        using var peers = await EntrySilo.Serve();
        peers.Silo.Observe((Other, SiloStatus.Active));
        await peers.Generate("key", EntrySilo.Data("a", "b"));
        var small = UpdateOf(1);

        Assert.Equal([small.Id], Receive(peers, small).Acknowledged);
        Assert.Null(await peers.Entry("key").Describe());

        // So many that the rest of the walk, on another thread, cannot have ended before this one goes on.
        const int Many = 30_000;
        foreach (var i in Enumerable.Range(0, Many))
        {
            await peers.Generate($"{i}", EntrySilo.Data("a", "b"));
        }

        var large = UpdateOf(2);
        Assert.Empty(Receive(peers, large).Acknowledged);
        Assert.Equal([large.Id], await peers.Silo.Peers[Other].NextConfirmed());
        Assert.All(Enumerable.Range(0, Many), i => Assert.True(peers.Store.IsMissing(EntrySilo.Scope($"{i}"))));
    }

    [Fact]
    public async Task Update_WhoseCoordinatorDies_IsFinishedAsWhatItIs()
    {
        _silo.Silo.Observe((Other, SiloStatus.Active));
        await _silo.Generate("one", EntrySilo.Data("a"));
        Receive(_silo, UpdateOf(1));
        await _silo.Generate("both", EntrySilo.Data("a", "b"));

        _silo.Silo.Observe((Other, SiloStatus.Dead));
        await Waits.Advance(_silo.Time, TimeSpan.FromSeconds(1), () => _silo.Silo.Ledger.Counts.OpenUpdates == 0);

        Assert.Equal((true, false), (IsFresh("one"), IsFresh("both")));
    }

    [Fact]
    public async Task Client_ThatIsInterestedInOneOfTheTags_IsNotTold_AndOneInBothKeepsItsInterest()
    {
        var both = new Recording();
        var one = new Recording();
        await Keep("both", both, "a", "b");
        await Keep("one", one, "a");

        Assert.True((await Begin(Both)).IsComplete);
        Assert.True((await Begin(new([A], StaleFor: null))).IsComplete);

        Assert.Equal([TagMatch.All, TagMatch.Any], both.Pushes.Select(push => push.Match));
        Assert.Equal([TagMatch.Any], one.Pushes.Select(push => push.Match));
    }

    [Fact]
    public async Task Update_OfAllOfSeveralTags_IsNoUpdateOfEachOfThem()
    {
        var view = new TagView(_silo.Table, _silo.Index, _silo.Silo.Ledger, new RecentUpdates(), InvalidatorHost.Details, _silo.Time);
        await _silo.Generate("one", EntrySilo.Data("a"));

        await Begin(Both);

        Assert.Equal((1, null), (view.Describe(A).Dependents, view.Describe(A).SinceUpdate));
    }

    [Fact]
    public async Task Updates_OfDifferentTags_AreNotJoined()
    {
        using var updates = new TagUpdates(
            _silo.Silo.Invalidator, new AllSilos(_silo.Silo.Members, _silo.Silo.Peers, _silo.Silo.Versions, InvalidatorHost.Details), DispatchProxy.Create<IGrainFactory, NoGrains>(), _silo.Time, NullLogger<TagUpdates>.Instance);
        await _silo.Generate("ac", EntrySilo.Data("a", "c"));
        await _silo.Generate("bc", EntrySilo.Data("b", "c"));
        await _silo.Generate("abc", EntrySilo.Data("a", "b", "c"));
        await _silo.Generate("ad", EntrySilo.Data("a", "d"));

        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => updates.Update(A.Scoped, UpdateRequest.OfAll(i % 2 == 0 ? [A, B] : [A, InvalidatorHost.Tag("d")]), Guid.NewGuid()))).Soon();

        Assert.All(outcomes, outcome => Assert.True(outcome.IsComplete));
        Assert.Equal((true, true, false, false), (IsFresh("ac"), IsFresh("bc"), IsFresh("abc"), IsFresh("ad")));
    }

    [Fact]
    public async Task Update_WhileASiloDoesNotKnowIt_IsRefused()
    {
        using var updates = new TagUpdates(
            _silo.Silo.Invalidator, new AllSilos(_silo.Silo.Members, _silo.Silo.Peers, _silo.Silo.Versions, InvalidatorHost.Details), DispatchProxy.Create<IGrainFactory, NoGrains>(), _silo.Time, NullLogger<TagUpdates>.Instance);
        await _silo.Generate("one", EntrySilo.Data("a"));
        await _silo.Generate("both", EntrySilo.Data("a", "b"));
        _silo.Silo.Versions.Accepts(Other, new(1, ProtocolVersion.Conjunctions - 1, "0.0.9"));

        var outcome = await updates.Update(A.Scoped, Both, Guid.NewGuid());

        Assert.Equal((false, "A silo of the cluster has a version that knows no updates of all of several tags."), (outcome.IsComplete, outcome.Reason));
        Assert.Equal((true, true), (IsFresh("one"), IsFresh("both")));
    }

    private static TagUpdate UpdateOf(long sequence) => new(new(Guid.Parse("00000000-0000-0000-0000-000000000001"), sequence), [A, B], StaleFor: null, Match: TagMatch.All);

    private static UpdateReceipt Receive(EntrySilo silo, TagUpdate update) => silo.Silo.Invalidator.Receive(Other, new(update.Id.Coordinator, [update], [], OldestUnsettled: 1));

    private Task<UpdateOutcome> Begin(UpdateRequest request) => _silo.Silo.Invalidator.Update(request, TimeSpan.FromSeconds(30)).Soon();

    private bool IsFresh(string key) => _silo.Store.TryRead(EntrySilo.Scope(key), sessions: null) is not null;

    private async Task Keep(string key, Recording client, params string[] tags)
    {
        await _silo.Generate(key, EntrySilo.Data(tags));
        var session = _silo.Silo.Sessions.Open(client, "client").Session;
        Assert.True(_silo.Store.TryRead(EntrySilo.Scope(key), [session])!.Near!.MayKeep);
    }

    /// <summary>A client that lets go at once, and remembers of what.</summary>
    private sealed class Recording : INearCacheObserver
    {
        public List<Push> Pushes { get; } = [];

        public Task<long> Apply(Push[] pushes)
        {
            Pushes.AddRange(pushes);
            return Task.FromResult(pushes[^1].Number);
        }

        public Task End(SessionId session) => Task.CompletedTask;
    }

#pragma warning disable CA1852 // The proxy derives from it.
    internal class NoGrains : DispatchProxy
#pragma warning restore CA1852
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException();
    }
}
