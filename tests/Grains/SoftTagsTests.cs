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

/// <summary>Reads with tags of the reader's own, and remembered updates of them, at one silo and when its values move to another.</summary>
public sealed class SoftTagsTests : IAsyncLifetime
{
    private static readonly string Key = EntrySilo.Scope("key");

    private EntrySilo _silo = null!;
    private EntrySilo _next = null!;

    public async Task InitializeAsync() => (_silo, _next) = (await EntrySilo.Serve(), await EntrySilo.Serve());

    public Task DisposeAsync()
    {
        _silo.Dispose();
        _next.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Read_OfATagThatWasUpdatedSince_IsAMissWithAToken_WhoseValueTakesTheOldOnesPlace()
    {
        await _silo.Generate("key", EntrySilo.Data("own"));
        await Update(_silo, "page");

        Assert.Equal(AcquireStatus.Fresh, (await Ask()).Status);
        Assert.Equal(AcquireStatus.Fresh, (await Ask("other")).Status);
        var miss = await Ask("other", "page");
        Assert.Equal((AcquireStatus.Miss, false, true), (miss.Status, miss.Token.IsNone, miss.Entry is null));

        // Others are served what is there meanwhile, and readers of that tag wait for the one.
        Assert.Equal(AcquireStatus.Fresh, (await Ask()).Status);
        Assert.Equal(AcquireStatus.Busy, (await Ask("page")).Status);
        var old = _silo.Stored("key");
        Assert.Equal(CommitStatus.Stored, (await _silo.Entry("key").Commit(miss.Token, EntrySilo.Data("own"))).Status);
        Assert.NotSame(old, _silo.Stored("key"));
        Assert.Equal(AcquireStatus.Fresh, (await Ask("other", "page")).Status);
    }

    [Fact]
    public async Task Read_OfATagThatWasUpdatedWithoutBeingRemembered_IsAHit()
    {
        await _silo.Generate("key", EntrySilo.Data("own"));
        await _silo.Update("page");
        Assert.Equal(AcquireStatus.Fresh, (await Ask("page")).Status);
    }

    [Fact]
    public async Task Read_OfATagThatWasRevalidated_IsStale_UntilTheDeadline()
    {
        await _silo.Generate("key", EntrySilo.Data("own"));
        await Update(_silo, "page", TimeSpan.FromMinutes(10));

        Assert.Equal(AcquireStatus.Fresh, (await Ask()).Status);
        var stale = await Ask("page");
        Assert.Equal((AcquireStatus.Stale, false), (stale.Status, stale.Token.IsNone));
        Assert.True(await _silo.Entry("key").Abandon(stale.Token));
        _silo.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(AcquireStatus.Miss, (await Ask("page")).Status);
        Assert.Equal(AcquireStatus.Fresh, (await Ask()).Status);
    }

    /// <summary>What an update has expired is not served for want of something better.</summary>
    [Fact]
    public async Task Read_OfATagThatWasUpdatedSince_GetsNoValuePastItsLifeEither()
    {
        await _silo.Generate("key", EntrySilo.Data() with { Life = new(TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), FailSafe = TimeSpan.FromHours(1) });
        _silo.Time.Advance(TimeSpan.FromMinutes(1));
        var token = (await Ask()).Token;
        Assert.NotNull(await _silo.Entry("key").FailSafe(token, isOver: true));
        Assert.Equal(AcquireStatus.Stale, (await Ask("page")).Status);

        await Update(_silo, "page");

        Assert.Equal(AcquireStatus.Miss, (await Ask("page")).Status);
    }

    [Fact]
    public async Task Generation_FromBeforeAnUpdate_IsNotWaitedForByReadersOfItsTag()
    {
        var token = (await Ask("page")).Token;
        Assert.Equal(AcquireStatus.Busy, (await Ask("page")).Status);
        await Update(_silo, "page");

        Assert.Equal(AcquireStatus.Busy, (await Ask()).Status);
        Assert.Equal(AcquireStatus.Busy, (await Ask("other")).Status);
        var next = await Ask("page");
        Assert.Equal((AcquireStatus.Miss, true), (next.Status, !next.Token.IsNone && next.Token != token));
        Assert.Equal(CommitStatus.Superseded, (await _silo.Entry("key").Commit(token, EntrySilo.Data())).Status);
        Assert.Equal(CommitStatus.Stored, (await _silo.Entry("key").Commit(next.Token, EntrySilo.Data())).Status);
        Assert.Equal(AcquireStatus.Fresh, (await Ask("page")).Status);
    }

    /// <summary>A generation that began before the update, and ends after it, is for everybody but those readers.</summary>
    [Fact]
    public async Task Generation_ThatStraddlesAnUpdate_IsStored_AndAMissForReadersOfItsTag()
    {
        var token = (await Ask("page")).Token;
        await Update(_silo, "page");
        Assert.Equal(CommitStatus.Stored, (await _silo.Entry("key").Commit(token, EntrySilo.Data())).Status);

        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Miss), ((await Ask("other")).Status, (await Ask("page")).Status));
    }

    [Fact]
    public async Task ClientWithSession_IsToldOfUpdatesOfItsSoftTags()
    {
        var sessions = _silo.OpenSession();
        await _silo.Generate("key", EntrySilo.Data("own"));
        var read = await _silo.Entry("key").Acquire(Read() with { Sessions = sessions, SoftTags = ["page"] });
        Assert.True(read.Near!.MayKeep);

        Assert.False((await Begin(_silo, "page")).IsCompleted);
        Assert.True((await Begin(_silo, "other")).IsCompleted);
    }

    [Fact]
    public async Task MovedValue_IsAMissForReadersOfWhatWasUpdatedBeforeItCame_AndAHitForOthers()
    {
        await _silo.Generate("key", EntrySilo.Data("own"));
        await Update(_silo, "page");
        await Update(_next, "page");
        Assert.Equal(CopyStatus.Kept, Move(_silo, _next));

        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Fresh), (Asked(_next).Status, Asked(_next, "other").Status));
        Assert.Equal(AcquireStatus.Miss, Asked(_next, "page").Status);
        Assert.Equal(["page"], _next.Store.CopyOf(Key)!.Remembered!);
    }

    [Fact]
    public async Task MovedValue_OfASiloThatTellsNothing_IsAMissForEveryReaderWithSoftTags()
    {
        await _silo.Generate("key", EntrySilo.Data("own"));
        var copy = _silo.Store.CopyOf(Key)! with { Remembered = null };
        Assert.Equal(CopyStatus.Kept, _next.Store.Keep(copy, Ticket(_next)));

        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Miss), (Asked(_next).Status, Asked(_next, "page").Status));
        Assert.Null(_next.Store.CopyOf(Key)!.Remembered);
    }

    /// <summary>The sender may not have heard of it when it read the value.</summary>
    [Fact]
    public async Task MovedValue_ThatComesWhileAnUpdateIsOpen_IsAMissForItsReaders()
    {
        await _silo.Generate("key", EntrySilo.Data("own"));
        var other = InvalidatorHost.Silo(2);
        _next.Silo.Observe((other, SiloStatus.Active));
        var acknowledged = new TaskCompletionSource<UpdateReceipt>();
        _next.Silo.Peers[other].Answer = _ => acknowledged.Task;
        var update = await Begin(_next, "page");
        Assert.Equal(CopyStatus.Kept, Move(_silo, _next));
        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Miss), (Asked(_next, "other").Status, Asked(_next, "page").Status));

        acknowledged.SetResult(await FakePeer.AcknowledgeAll(await _next.Silo.Peers[other].NextWithUpdates()));
        Assert.True((await update.Soon()).IsComplete);
        Assert.Equal(AcquireStatus.Miss, Asked(_next, "page").Status);
    }

    /// <summary>Callers share runs of the same kind alone.</summary>
    [Fact]
    public async Task Update_BehindOneThatIsNotRemembered_IsRememberedAllTheSame()
    {
        using var updates = Updates();
        var (tag, other) = (InvalidatorHost.Tag("page"), InvalidatorHost.Silo(2));
        _silo.Silo.Observe((other, SiloStatus.Active));
        await _silo.Generate("key", EntrySilo.Data("own"));
        var held = new TaskCompletionSource<UpdateReceipt>();
        _silo.Silo.Peers[other].Answer = _ => held.Task;
        var plain = updates.Update(tag.Scoped, new([tag], StaleFor: null), Guid.NewGuid());
        var first = await _silo.Silo.Peers[other].NextWithUpdates();
        Task<UpdateOutcome>[] behind = [updates.Update(tag.Scoped, new([tag], StaleFor: null, Remember: true), Guid.NewGuid()), updates.Update(tag.Scoped, new([tag], StaleFor: null), Guid.NewGuid())];
        _silo.Silo.Peers[other].Answer = FakePeer.AcknowledgeAll;
        held.SetResult(await FakePeer.AcknowledgeAll(first));

        Assert.All(await Task.WhenAll([plain, .. behind]).Soon(), outcome => Assert.True(outcome.IsComplete));
        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Miss), ((await Ask("other")).Status, (await Ask("page")).Status));
    }

    [Fact]
    public async Task Update_WhileASiloDoesNotRemember_IsRefused_AndChangesNothing()
    {
        using var updates = Updates();
        await _silo.Generate("key", EntrySilo.Data("page"));
        _silo.Silo.Versions.Accepts(InvalidatorHost.Silo(2), new(1, ProtocolVersion.Remembering - 1, "0.0.9"));

        var outcome = await updates.Update(InvalidatorHost.Tag("page").Scoped, new([InvalidatorHost.Tag("page")], StaleFor: null, Remember: true), Guid.NewGuid());

        Assert.Equal((false, "A silo of the cluster has a version that remembers no updates for readers of their tags."), (outcome.IsComplete, outcome.Reason));
        Assert.Equal(AcquireStatus.Fresh, (await Ask()).Status);
    }

    /// <summary>A reader names tags each by itself: what says nothing of each is refused, and not silently remembered for none.</summary>
    [Fact]
    public async Task Update_OfAllOfSeveralTags_CannotBeRemembered()
    {
        using var updates = Updates();
        await _silo.Generate("key", EntrySilo.Data("a", "b"));
        TagId[] tags = [InvalidatorHost.Tag("a"), InvalidatorHost.Tag("b")];
        var outcome = await updates.Update(tags[0].Scoped, UpdateRequest.OfAll(tags) with { Remember = true }, Guid.NewGuid());
        Assert.Equal((false, UpdateRequest.AllIsNotRemembered, AcquireStatus.Fresh), (outcome.IsComplete, outcome.Reason, (await Ask()).Status));

        // Of one it is an update like any other.
        await _silo.Generate("other", EntrySilo.Data());
        Assert.True((await updates.Update(tags[0].Scoped, new([tags[0], tags[0]], StaleFor: null, Match: TagMatch.All, Remember: true), Guid.NewGuid()).Soon()).IsComplete);
        Assert.Equal(AcquireStatus.Miss, _silo.Store.Ask(EntrySilo.Scope("other"), Read() with { SoftTags = ["a"] }).Status);
    }

    /// <summary>A member takes it as it comes, and finishes it as it was should its coordinator die.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Update_OfADeadCoordinator_IsFinishedAsOneThatIsRemembered(bool isRevalidation)
    {
        var (dead, third) = (InvalidatorHost.Silo(2), InvalidatorHost.Silo(3));
        _silo.Silo.Observe((dead, SiloStatus.Active), (third, SiloStatus.Active));
        await _silo.Generate("key", EntrySilo.Data("own"));
        var update = new TagUpdate(new(Guid.NewGuid(), 1), [InvalidatorHost.Tag("page")], isRevalidation ? TimeSpan.FromMinutes(1) : null, Remember: true);
        _silo.Silo.Invalidator.Receive(dead, new(update.Id.Coordinator, [update], [], OldestUnsettled: 1));
        Assert.Equal(isRevalidation ? AcquireStatus.Stale : AcquireStatus.Miss, Asked(_silo, "page").Status);

        _silo.Silo.Observe((dead, SiloStatus.Dead), (third, SiloStatus.Active));

        var repair = Assert.Single((await _silo.Silo.Peers[third].NextWithUpdates()).Updates);
        Assert.Equal((true, update.StaleFor), (repair.Remember, repair.StaleFor));
    }

    private TagUpdates Updates() => new(
        _silo.Silo.Invalidator, new AllSilos(_silo.Silo.Members, _silo.Silo.Peers, _silo.Silo.Versions, InvalidatorHost.Details), DispatchProxy.Create<IGrainFactory, UpdateAllTests.NoGrains>(), _silo.Time, NullLogger<TagUpdates>.Instance);

    private static AcquireRequest Read() => new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);

    private static Ticket Ticket(EntrySilo silo) => new(new(Guid.NewGuid()), silo.Silo.Ledger.Stamp(), silo.Time.Now());

    private static CopyStatus Move(EntrySilo from, EntrySilo to)
    {
        var ticket = Ticket(to);
        return to.Store.Keep(from.Store.CopyOf(Key)!, ticket);
    }

    private static Acquired Asked(EntrySilo silo, params string[] softTags) => silo.Store.Ask(Key, new(MayGenerate: false, FreshOnly: false, TimeSpan.Zero, SoftTags: softTags));

    private static async Task<Task<UpdateOutcome>> Begin(EntrySilo silo, string tag, TimeSpan? staleFor = null)
    {
        var (_, completion) = silo.Silo.Invalidator.Begin(new([InvalidatorHost.Tag(tag)], staleFor, Remember: true));
        await Task.Yield();
        return completion;
    }

    private static async Task Update(EntrySilo silo, string tag, TimeSpan? staleFor = null) => Assert.True((await (await Begin(silo, tag, staleFor)).Soon()).IsComplete);

    private async Task<Acquired> Ask(params string[] softTags) => await _silo.Entry("key").Acquire(Read() with { SoftTags = softTags.Length == 0 ? null : softTags });
}
