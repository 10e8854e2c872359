using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Moving;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a silo sends of its entries when others come, and when it leaves itself.</summary>
public sealed class MoverTests : IAsyncLifetime
{
    private static readonly SiloAddress Two = FakeCluster.Silo(2);
    private static readonly string[] Keys = [.. Enumerable.Range(0, 40).Select(i => $"key-{i}")];

    private EntrySilo _here = null!;
    private EntrySilo _there = null!;
    private Mover _mover = null!;

    public async Task InitializeAsync()
    {
        (_here, _there) = (await EntrySilo.Serve(), await EntrySilo.Serve());
        _here.Silo.Peers[Two].Entries = _there;
        _mover = new(
            _here.Host, _here.Store, _here.Table, _here.Cluster.Owners, _here.Silo.Peers, InvalidatorHost.Details, _here.Standbys, _here.Rate, InvalidatorHost.Metrics(), _here.Time, NullLogger<Mover>.Instance);
        foreach (var key in Keys)
        {
            await _here.Generate(key, EntrySilo.Data("tag"));
        }
    }

    public async Task DisposeAsync()
    {
        await _mover.Stop();
        _mover.Dispose();
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task Reconsider_WhenASiloHasCome_SendsItsShare_AndTellsItSo()
    {
        var share = Share();
        await Walked();
        Assert.Equal(share, Keys.Where(key => _there.Stored(key) is not null));
        Assert.Equal(Keys.Except(share), Keys.Where(key => _here.Stored(key) is not null));
        Assert.Equal([FakeCluster.Self], _here.Silo.Peers[Two].AllSentBy);
        Assert.Equal((0, share.Length, 0), _mover.Counts);
        Assert.True(_mover.HaveLeft(_here.Cluster.Owners.Silos));
    }

    /// <summary>It was made under a token that was out when its key moved.</summary>
    [Fact]
    public async Task Stored_OfWhatBelongsElsewhere_Follows()
    {
        var share = Share();
        var (key, token) = AskLate();
        await Walked();
        var moved = Events.On(CacheEvent.MoveEnded);
        CommitLate(key, token);
        await moved.Until(() => _there.Stored(key) is not null && _here.Stored(key) is null);
        Assert.Equal((0, share.Length + 1, 0), _mover.Counts);

        // A token that it has not given is the owner's to judge.
        Assert.Null(Assert.Single(_here.Batches.Commit([new(EntrySilo.Scope(key), new(Guid.NewGuid()), EntrySilo.Data())], sessions: null)));
    }

    /// <summary>The silo had everything once: what came late, and it did not take, is not forgotten for that.</summary>
    [Fact]
    public async Task Stored_OfWhatBelongsToASiloThatDoesNotAnswer_FollowsOnceItDoes()
    {
        var share = Share();
        var (key, token) = AskLate();
        await Walked();
        _here.Silo.Peers[Two].Entries = null;
        CommitLate(key, token);
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(1), () => _mover.Counts.ToSend == 1);

        // It is given up after some tries, and only then is nothing left to send.
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(1), () => _mover.Counts.ToSend == 0);
        Assert.Equal((0, share.Length, 0), _mover.Counts);
        Assert.NotNull(_here.Stored(key));

        // What is here once all was sent is let go of: by then it is there.
        _here.Silo.Peers[Two].Entries = _there;
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(1), () => _mover.HaveLeft(_here.Cluster.Owners.Silos));
        Assert.NotNull(_there.Stored(key));
        Assert.Null(_here.Stored(key));
        Assert.Equal((0, share.Length + 1, 0), _mover.Counts);
    }

    /// <summary>An update that is open there keeps it back for a moment.</summary>
    [Fact]
    public async Task Reconsider_WhileAnUpdateIsOpenThere_OffersOnceMore()
    {
        var share = Share();
        var (other, acknowledged) = (InvalidatorHost.Silo(3), new TaskCompletionSource<UpdateReceipt>());
        _there.Silo.Observe((other, SiloStatus.Active));
        _there.Silo.Peers[other].Answer = _ => acknowledged.Task;
        var update = _there.Update("tag");
        _mover.Reconsider();
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(1), () => _here.Silo.Peers[Two].Takes > 0);
        Assert.DoesNotContain(share, key => _there.Stored(key) is not null);

        acknowledged.SetResult(await FakePeer.AcknowledgeAll(await _there.Silo.Peers[other].NextWithUpdates()));
        await update.Soon();
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(1), () => _mover.Counts.ToSend == 0);
        Assert.Equal(share, Keys.Where(key => _there.Stored(key) is not null));
    }

    [Fact]
    public async Task HandOver_SendsEverything_AndServesItsReadersToTheEnd()
    {
        _here.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        _here.Cluster.Standings.Note(FakeCluster.Self, Standing.Leaving);
        await _mover.HandOver(static () => true, _here.Time.Now(), CancellationToken.None).Soon();
        Assert.Equal(Keys, Keys.Where(key => _there.Stored(key) is not null));
        Assert.Equal(Keys, Keys.Where(key => _here.Stored(key) is not null));
        Assert.Equal([FakeCluster.Self], _here.Silo.Peers[Two].AllSentBy);
    }

    [Fact]
    public async Task HandOver_ToASiloThatDoesNotAnswer_EndsWithItsTime()
    {
        _here.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        _here.Cluster.Standings.Note(FakeCluster.Self, Standing.Leaving);
        _here.Silo.Peers[Two].Entries = null;
        using var over = new CancellationTokenSource(TimeSpan.FromMilliseconds(100), _here.Time);
        var leaving = _mover.HandOver(static () => true, _here.Time.Now(), over.Token);
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(10), () => leaving.IsCompleted);
        await leaving;
        Assert.Empty(_here.Silo.Peers[Two].AllSentBy);
    }

    private static AcquireRequest Read() => new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);

    /// <summary>A second silo has come: what belongs to it.</summary>
    private string[] Share()
    {
        _here.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        var share = Keys.Where(key => _here.Cluster.Owners.IsAstray(EntrySilo.Scope(key))).ToArray();
        Assert.InRange(share.Length, 1, Keys.Length - 1);
        return share;
    }

    /// <summary>A key of the second silo, and a token for it that is out here.</summary>
    private (string Key, TokenId Token) AskLate()
    {
        var key = Enumerable.Range(0, 100).Select(i => $"late-{i}").First(key => _here.Cluster.Owners.IsAstray(EntrySilo.Scope(key)));
        return (key, _here.Store.Ask(EntrySilo.Scope(key), Read()).Token);
    }

    private void CommitLate(string key, TokenId token) =>
        Assert.Equal(CommitStatus.Stored, _here.Batches.Commit([new(EntrySilo.Scope(key), token, EntrySilo.Data())], sessions: null)[0]!.Status);

    private async Task Walked()
    {
        var ended = Events.On(CacheEvent.MoveEnded);
        _mover.Reconsider();
        await ended.Until(() => _mover.HaveLeft(_here.Cluster.Owners.Silos) && !_here.Silo.Peers[Two].AllSentBy.IsEmpty);
    }
}
