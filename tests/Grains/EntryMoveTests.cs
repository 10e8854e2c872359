using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a silo sends of its entries, and what it keeps of another's.</summary>
public sealed class EntryMoveTests : IAsyncLifetime
{
    private static readonly string Key = EntrySilo.Scope("key");

    private EntrySilo _former = null!;
    private EntrySilo _owner = null!;

    public async Task InitializeAsync() => (_former, _owner) = (await EntrySilo.Serve(), await EntrySilo.Serve());

    public Task DisposeAsync()
    {
        _former.Dispose();
        _owner.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Keep_OfALiveValue_MakesItAnEntryLikeAnyOther()
    {
        await _former.Generate("key", EntrySilo.Data("tag"));
        _former.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(CopyStatus.Kept, Move());

        var read = _owner.Store.Ask(Key, Read());
        Assert.Equal((AcquireStatus.Fresh, TimeSpan.FromMinutes(5)), (read.Status, read.Entry!.Age));
        Assert.Equal(["tag"], read.Entry.Tags);
        Assert.Single(_owner.Index.Of(InvalidatorHost.Tag("tag")));
        await _owner.Update("tag");
        Assert.Equal(AcquireStatus.Miss, _owner.Store.Ask(Key, Read()).Status);
    }

    /// <summary>The former owner may not have heard of it.</summary>
    [Fact]
    public async Task Keep_WhileAnUpdateIsOpen_IsRefused()
    {
        await _former.Generate("key", EntrySilo.Data("tag"));
        var other = InvalidatorHost.Silo(2);
        _owner.Silo.Observe((other, SiloStatus.Active));
        var acknowledged = new TaskCompletionSource<UpdateReceipt>();
        _owner.Silo.Peers[other].Answer = _ => acknowledged.Task;
        var update = _owner.Update("tag");
        Assert.Equal(CopyStatus.Superseded, Move());
        Assert.Null(_owner.Stored("key"));

        // Settled since: what was read in between is refused as well, what is read from now on is not.
        var (before, copy) = (Ticket(), _former.Store.CopyOf(Key)!);
        acknowledged.SetResult(await FakePeer.AcknowledgeAll(await _owner.Silo.Peers[other].NextWithUpdates()));
        await update.Soon();
        Assert.Equal(CopyStatus.Superseded, _owner.Store.Keep(copy, before));
        Assert.Equal(CopyStatus.Kept, Move());
    }

    /// <summary>Readers must not go back in time.</summary>
    [Fact]
    public async Task Keep_BesideAValueOfTheSilosOwn_ChangesNothing()
    {
        await _former.Generate("key", EntrySilo.Data());
        await _owner.Generate("key", EntrySilo.Data() with { Life = CacheLife.For(TimeSpan.FromMinutes(1)) });
        var own = _owner.Stored("key");
        Assert.Equal(CopyStatus.HasOwn, Move());
        Assert.Same(own, _owner.Stored("key"));

        _owner.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(CopyStatus.Kept, Move());
    }

    /// <summary>Its value is newer, and readers wait for it.</summary>
    [Fact]
    public async Task Keep_BesideAGenerationOrASet_ChangesNothing()
    {
        await _former.Generate("key", EntrySilo.Data());
        var token = _owner.Store.Ask(Key, Read()).Token;
        Assert.Equal(CopyStatus.InFlight, Move());
        Assert.True(_owner.Store.Abandon(Key, token, isForStoring: true));

        var set = _owner.Store.BeginSet(Key);
        Assert.Equal(CopyStatus.InFlight, Move());
        var (stored, completion) = _owner.Store.Store(Key, set, EntrySilo.Data(), TimeSpan.Zero, trace: null);
        Assert.Equal(CommitStatus.Stored, stored.Status);
        await completion.Soon();
        Assert.Equal(CopyStatus.HasOwn, Move());
    }

    [Fact]
    public async Task Keep_OfAKeyThatWasRemovedSinceTheTicket_IsRefused()
    {
        await _former.Generate("key", EntrySilo.Data());
        var (ticket, copy) = (Ticket(), _former.Store.CopyOf(Key)!);
        await _owner.Store.BeginRemoving(Key, trace: null).Soon();
        Assert.Equal(CopyStatus.Superseded, _owner.Store.Keep(copy, ticket));
        Assert.Null(_owner.Table.Find(Key));
    }

    /// <summary>After an epoch nothing from before it is believed.</summary>
    [Fact]
    public async Task Keep_UnderATicketFromBeforeAnEpoch_IsRefused()
    {
        await _former.Generate("key", EntrySilo.Data());
        var (ticket, copy) = (Ticket(), _former.Store.CopyOf(Key)!);
        _owner.Silo.Ledger.ExpireEverything();
        Assert.Equal(CopyStatus.Superseded, _owner.Store.Keep(copy, ticket));
    }

    [Fact]
    public async Task Copy_OfWhatIsDeadOrMayNotBeServed_IsNone()
    {
        Assert.Null(_former.Store.CopyOf(Key));
        await _former.Generate("key", EntrySilo.Data("tag"));
        await _former.Update("tag");
        Assert.Null(_former.Store.CopyOf(Key));

        await _former.Generate("key", EntrySilo.Data("tag"));
        Assert.NotNull(_former.Store.CopyOf(Key));
        await _former.Silo.Lease.StopServing();
        Assert.Null(_former.Store.CopyOf(Key));
    }

    [Fact]
    public async Task Keep_WithoutTheRightToServe_IsRefused()
    {
        await _former.Generate("key", EntrySilo.Data());
        var (ticket, copy) = (Ticket(), _former.Store.CopyOf(Key)!);
        await _owner.Silo.Lease.StopServing();
        Assert.Equal(CopyStatus.NotServing, _owner.Store.Keep(copy, ticket));
    }

    /// <summary>Its deadline is all that its new silo knows of the revalidation.</summary>
    [Fact]
    public async Task Keep_OfAStaleValue_ServesItStale_UntilTheDeadline()
    {
        await _former.Generate("key", EntrySilo.Data("tag"));
        await _former.Silo.Invalidator.Begin(new([InvalidatorHost.Tag("tag")], TimeSpan.FromMinutes(10))).Completion;
        Assert.Equal(CopyStatus.Kept, Move());
        Assert.Equal(AcquireStatus.Stale, _owner.Store.Ask(Key, Read() with { MayGenerate = false }).Status);
        _owner.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(AcquireStatus.Miss, _owner.Store.Ask(Key, Read() with { MayGenerate = false }).Status);
    }

    private static AcquireRequest Read() => new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);

    private Ticket Ticket() => new(new(Guid.NewGuid()), _owner.Silo.Ledger.Stamp(), _owner.Time.Now());

    private CopyStatus Move()
    {
        var ticket = Ticket();
        return _owner.Store.Keep(_former.Store.CopyOf(Key)!, ticket);
    }
}
