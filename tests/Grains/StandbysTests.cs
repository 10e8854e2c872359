using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Moving;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Copies at a standby: what the owner sends, and what the standby does with it.</summary>
public sealed class StandbysTests : IAsyncLifetime
{
    private static readonly SiloAddress Two = FakeCluster.Silo(2);

    private EntrySilo _owner = null!;
    private EntrySilo _standby = null!;

    public async Task InitializeAsync()
    {
        (_owner, _standby) = (await EntrySilo.Serve(), await EntrySilo.Serve());
        _owner.Silo.Peers[Two].Entries = _standby;
        _owner.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        _owner.Standbys.Reconsider();

        // Its walk over the entries is behind what the tests ask about.
        await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(1), () => _owner.Standbys.Backlog.Behind == 0);
    }

    public Task DisposeAsync()
    {
        _owner.Dispose();
        _standby.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Value_ThatIsToHaveAStandby_IsSentThere()
    {
        await Generate(OwnKey(), standby: true);
        await Sent(1);
        Assert.True(_standby.Stored(OwnKey())!.IsStandbyCopy);
    }

    [Fact]
    public async Task Value_ThatIsToHaveNone_StaysWhereItIs()
    {
        await Generate(OwnKey(), standby: null);
        await Generate(OwnKey(1), standby: true);
        await Sent(1);
        Assert.Null(_standby.Stored(OwnKey()));
        Assert.NotNull(_standby.Stored(OwnKey(1)));
    }

    [Fact]
    public async Task Copy_IsNoEntryOfItsSilo_UntilItOwnsTheKey()
    {
        // There the key is another silo's.
        _standby.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        var key = Enumerable.Range(0, 100).Select(i => $"key-{i}").First(key => _standby.Cluster.Owners.IsAstray(EntrySilo.Scope(key)));
        Keep(key, "tag");
        Assert.Equal((0, 1L), (_standby.Table.Count, _standby.Table.Copies.Count));
        Assert.Empty(_standby.Index.Of(InvalidatorHost.Tag("tag")));

        _standby.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true));
        _standby.Standbys.Reconsider();
        await Waits.Advance(_standby.Time, TimeSpan.FromMilliseconds(1), () => _standby.Table.Count == 1);
        Assert.Equal(0, _standby.Table.Copies.Count);
        Assert.Single(_standby.Index.Of(InvalidatorHost.Tag("tag")));
    }

    [Fact]
    public void Copy_IsReplacedByALaterOne_AndAValueOfItsOwnIsNot()
    {
        Keep("key");
        var first = _standby.Stored("key");
        Keep("key");
        Assert.NotSame(first, _standby.Stored("key"));

        _standby.Store.Own(_standby.Table.Find(EntrySilo.Scope("key"))!, _standby.Stored("key")!, isOwn: true);
        Assert.Equal(CopyStatus.HasOwn, Keep("key"));
    }

    [Fact]
    public async Task Copies_GoBeforeEntries_WhereThereIsNoRoom()
    {
        using var small = await EntrySilo.Serve(maximumEntries: 4);
        await small.Generate("own-1", EntrySilo.Data());
        Keep(small, "copy-1");
        Keep(small, "copy-2");
        await small.Generate("own-2", EntrySilo.Data());
        await small.Generate("own-3", EntrySilo.Data());
        Assert.Null(small.Stored("copy-1"));
        Assert.NotNull(small.Stored("copy-2"));

        await small.Generate("own-4", EntrySilo.Data());
        Assert.Equal((4, 0L, 0L), (small.Table.Count, small.Table.Copies.Count, small.Table.Evictions));

        // There is none for a copy at all.
        Keep(small, "copy-3");
        Assert.Null(small.Stored("copy-3"));
        Assert.Equal(4, small.Table.Count);
    }

    [Fact]
    public void ReaderWhoMayNotGenerate_IsAnsweredFromTheCopy_AndAnotherOneIsSentAway()
    {
        _standby.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        var key = Enumerable.Range(0, 100).Select(i => $"key-{i}").First(key => _standby.Cluster.Owners.IsAstray(EntrySilo.Scope(key)));
        Keep(key, "tag");
        _ = _standby.Silo.Invalidator.Begin(new([InvalidatorHost.Tag("tag")], StaleFor: TimeSpan.FromMinutes(1)));
        Assert.Equal(AcquireStatus.Stale, Ask(mayGenerate: false).Status);
        Assert.Equal(AcquireStatus.Moved, Ask(mayGenerate: true).Status);

        _ = _standby.Update("tag");
        Assert.Equal(AcquireStatus.Moved, Ask(mayGenerate: false).Status);

        Acquired Ask(bool mayGenerate)
        {
            var answers = new Acquired?[1];
            _standby.Batches.AcquireOthers([new(EntrySilo.Scope(key), mayGenerate, FreshOnly: false, Guid.Empty)], sessions: null, answers);
            return answers[0]!;
        }
    }

    [Fact]
    public async Task Secure_EndsWhenTheStandbyHasIt()
    {
        var key = OwnKey();
        await Generate(key, standby: true);
        Assert.True(await _owner.Standbys.Secure(EntrySilo.Scope(key)).Soon());
        Assert.NotNull(_standby.Stored(key));
    }

    [Fact]
    public async Task Secure_WithAStandbyThatDoesNotAnswer_GivesUpAfterASecond()
    {
        var key = OwnKey();
        await Generate(key, standby: true);
        _owner.Silo.Peers[Two].Entries = null;
        var begun = _owner.Time.Now();
        var securing = _owner.Standbys.Secure(EntrySilo.Scope(key));
        await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(1), () => securing.IsCompleted);
        Assert.False(await securing);
        Assert.Equal(1, _owner.Standbys.Unsecured);
        Assert.InRange(_owner.Time.Now() - begun, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        // The next writer does not wait for it again.
        Assert.False(await _owner.Standbys.Secure(EntrySilo.Scope(key)).Soon());
    }

    /// <summary>A silo that is full takes no copy, and says so.</summary>
    [Fact]
    public async Task Secure_WithAStandbyThatHasNoRoom_IsFalse()
    {
        using var full = await EntrySilo.Serve(maximumEntries: 1);
        await full.Generate("own", EntrySilo.Data());
        _owner.Silo.Peers[Two].Entries = full;
        var key = OwnKey();
        await Generate(key, standby: true);
        Assert.False(await _owner.Standbys.Secure(EntrySilo.Scope(key)).Soon());

        // It has answered: the others' copies still go there.
        Assert.Equal(0, _owner.Standbys.Backlog.Behind);
    }

    /// <summary>A set that ends while its key is another silo's by now is safe once that one has it.</summary>
    [Fact]
    public async Task Secure_OfAnEntryOfAnotherSilo_SendsItToItsOwner()
    {
        var key = Enumerable.Range(0, 200).Select(i => $"key-{i}").First(key => _owner.Cluster.Owners.IsAstray(EntrySilo.Scope(key)));
        await Generate(key, standby: true);
        Assert.True(await _owner.Standbys.Secure(EntrySilo.Scope(key)).Soon());
        Assert.False(_standby.Stored(key)!.IsStandbyCopy);
    }

    /// <summary>A value that replaced the one that was sent is not let go of for it.</summary>
    [Fact]
    public async Task Own_OfAValueThatWasReplaced_ChangesNothing()
    {
        await Generate(OwnKey(), standby: null);
        var sent = _owner.Stored(OwnKey())!;
        await _owner.Entry(OwnKey()).Remove(null);
        await Generate(OwnKey(), standby: null);
        _owner.Store.Own(_owner.Table.Find(EntrySilo.Scope(OwnKey()))!, sent, isOwn: false);
        Assert.False(_owner.Stored(OwnKey())!.IsStandbyCopy);
        Assert.Equal(1, _owner.Table.Count);
    }

    /// <summary>A silo that can host entries is known a moment after it is active: nothing else tells that it may be a standby now.</summary>
    [Fact]
    public async Task SiloThatComesUnnoticed_IsSentItsCopies()
    {
        var key = OwnKey();
        using var owner = await EntrySilo.Serve();
        await owner.Generate(key, EntrySilo.Data() with { Standby = true });
        owner.Silo.Peers[Two].Entries = _standby;
        owner.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        using var mover = new Mover(
            owner.Host, owner.Store, owner.Table, owner.Cluster.Owners, owner.Silo.Peers, InvalidatorHost.Details, owner.Standbys, owner.Rate, InvalidatorHost.Metrics(), owner.Time, NullLogger<Mover>.Instance);
        mover.HaveLeft(owner.Cluster.Owners.Silos);
        await Waits.Advance(owner.Time, TimeSpan.FromMilliseconds(1), () => _standby.Stored(key) is not null);
    }

    /// <summary>What was missed while the standby did not answer follows when it does.</summary>
    [Fact]
    public async Task StandbyThatAnswersAgain_IsSentWhatItHasMissed()
    {
        _owner.Silo.Peers[Two].Entries = null;
        await Generate(OwnKey(), standby: true);
        await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(50), () => _owner.Standbys.Backlog is { Behind: > 0, Waiting: 0 });
        await Generate(OwnKey(1), standby: true);
        Assert.Equal(0, _owner.Standbys.Backlog.Waiting);

        _owner.Silo.Peers[Two].Entries = _standby;
        await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(10), () => _standby.Stored(OwnKey()) is not null && _standby.Stored(OwnKey(1)) is not null);
        Assert.Equal(0, _owner.Standbys.Backlog.Behind);
    }

    /// <summary>An update that is open there keeps it back for a moment. The ticket of the first offer's answer is from before the update was settled: the second one is not made under it.</summary>
    [Fact]
    public async Task Value_ThatAnUpdateThereKeepsBack_IsSentOnceMore_UnderANewTicket()
    {
        var (other, acknowledged) = (InvalidatorHost.Silo(3), new TaskCompletionSource<UpdateReceipt>());
        _standby.Silo.Observe((other, SiloStatus.Active));
        _standby.Silo.Peers[other].Answer = _ => acknowledged.Task;
        var update = _standby.Update("tag");
        await _owner.Generate(OwnKey(), EntrySilo.Data("tag") with { Standby = true });
        await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(1), () => _owner.Silo.Peers[Two].Takes == 1);
        Assert.Null(_standby.Stored(OwnKey()));

        acknowledged.SetResult(await FakePeer.AcknowledgeAll(await _standby.Silo.Peers[other].NextWithUpdates()));
        await update.Soon();
        await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(1), () => _owner.Silo.Peers[Two].Takes == 2);
        Assert.True(_standby.Stored(OwnKey())?.IsStandbyCopy);
    }

    /// <summary>Reads lengthen a sliding life at the owner: the standby hears of it before its copy is over.</summary>
    [Fact]
    public async Task SlidingValue_ThatIsRead_StaysAliveAtTheStandby()
    {
        var (key, sliding) = (OwnKey(), TimeSpan.FromMinutes(20));
        await _owner.Generate(key, EntrySilo.Data() with { Standby = true, Sliding = sliding });
        await Sent(1);
        for (var reads = 0; reads < 6; reads++)
        {
            var takes = _owner.Silo.Peers[Two].Takes;
            Pass(TimeSpan.FromMinutes(6));
            Assert.Equal(AcquireStatus.Fresh, _owner.Store.TryRead(EntrySilo.Scope(key), sessions: null)!.Status);
            await Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(10), () => _owner.Silo.Peers[Two].Takes > takes);
        }

        Assert.Equal(Freshness.Fresh, _standby.Stored(key)!.FreshnessAt(_standby.Silo.Ledger, _standby.Time.Now()));
        Pass(sliding + TimeSpan.FromMinutes(1));
        Assert.Equal(Freshness.Expired, _standby.Stored(key)!.FreshnessAt(_standby.Silo.Ledger, _standby.Time.Now()));

        void Pass(TimeSpan time)
        {
            _owner.Time.Advance(time);
            _standby.Time.Advance(time);
        }
    }

    private CopyStatus Keep(string key, params string[] tags) => Keep(_standby, key, tags);

    private static CopyStatus Keep(EntrySilo silo, string key, params string[] tags) => Assert.Single(
        silo.Tickets.Take(silo.Tickets.Issue(), [new(EntrySilo.Scope(key), EntrySilo.Data(tags), TimeSpan.Zero, TimeSpan.Zero, IsSet: false, IsForStandby: true)]).Statuses);

    private Task Generate(string key, bool? standby) => _owner.Generate(key, EntrySilo.Data() with { Standby = standby });

    private Task Sent(int copies) => Waits.Advance(_owner.Time, TimeSpan.FromMilliseconds(1), () => _standby.Table.Copies.Count >= copies);

    /// <summary>A key that is the owner's.</summary>
    private string OwnKey(int number = 0) =>
        Enumerable.Range(0, 200).Select(i => $"key-{i}").Where(key => !_owner.Cluster.Owners.IsAstray(EntrySilo.Scope(key))).ElementAt(number);
}
