using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>While a tag is held nothing that bears it is served or stored (invariant H2), and readers do not wait for each other.</summary>
public sealed class HeldEntryTests : IAsyncLifetime
{
    private static readonly AcquireRequest Patient = new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.FromHours(1));
    private static readonly string Key = EntrySilo.Scope("key");

    private EntrySilo _silo = null!;

    public async Task InitializeAsync() => _silo = await EntrySilo.Serve();

    public Task DisposeAsync()
    {
        _silo.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Hold_EndsWhatIsStored_AndItsReleaseWhatWasBegunMeanwhile()
    {
        await _silo.Generate("key", EntrySilo.Data("t"));
        await _silo.Generate("other", EntrySilo.Data("other"));
        var hold = await Hold("t");

        var token = (await _silo.Entry("key").Acquire(Patient)).Token;
        Assert.False(token.IsNone);
        Assert.Equal(AcquireStatus.Fresh, (await _silo.Entry("other").Acquire(Patient)).Status);
        _silo.Silo.Invalidator.Release(hold);

        var late = await _silo.Entry("key").Commit(token, EntrySilo.Data("t"));
        Assert.Equal((CommitStatus.Superseded, false), (late.Status, late.IsHeld));
        await _silo.Generate("key", EntrySilo.Data("t"));
        Assert.Equal(AcquireStatus.Fresh, (await _silo.Entry("key").Acquire(Patient)).Status);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("*")]
    public async Task Commit_UnderAHeldTag_StoresNothingAndKeepsNothingNear(string held)
    {
        await Hold(held);
        var sessions = _silo.OpenSession();
        var token = (await _silo.Entry("key").Acquire(Patient with { Sessions = sessions })).Token;

        // The tag is discovered by the factory: no one knew of it when the token was granted.
        var outcome = await _silo.Entry("key").Commit(token, EntrySilo.Data("t"), sessions);

        Assert.Equal((CommitStatus.Superseded, true), (outcome.Status, outcome.IsHeld));
        Assert.False(outcome.Near!.MayKeep);
        Assert.Null(_silo.Stored("key"));
    }

    [Fact]
    public async Task Readers_OfAKeyUnderAHeldTag_DoNotWaitForEachOther()
    {
        await Hold("t");
        await _silo.Entry("key").Commit((await _silo.Entry("key").Acquire(Patient)).Token, EntrySilo.Data("t"));

        Assert.False((await _silo.Entry("key").Acquire(Patient)).Token.IsNone);
        Assert.Equal(AcquireStatus.NotForStoring, (await _silo.Entry("key").Acquire(Patient).AsTask().Soon()).Status);
    }

    [Fact]
    public async Task Set_UnderAHeldTag_StoresNothing_AndEndsWhatTheKeyHad()
    {
        await _silo.Generate("key", EntrySilo.Data("other"));
        await Hold("t");

        var set = await _silo.Entry("key").Set(await _silo.Entry("key").BeginSet(), EntrySilo.Data("t"), TimeSpan.Zero, trace: null);

        Assert.Equal((CommitStatus.Superseded, true, true), (set.Commit.Status, set.Commit.IsHeld, set.Update.IsComplete));
        Assert.Null(_silo.Stored("key"));
        Assert.Equal(AcquireStatus.Miss, (await _silo.Entry("key").Acquire(Patient)).Status);
    }

    [Fact]
    public async Task Copy_UnderAHeldTag_IsNotKept()
    {
        using var former = await EntrySilo.Serve();
        await former.Generate("key", EntrySilo.Data("t"));
        var hold = await Hold("t");

        Assert.Equal(CopyStatus.Superseded, Move());
        _silo.Silo.Invalidator.Release(hold);
        Assert.Equal(CopyStatus.Kept, Move());

        CopyStatus Move()
        {
            var ticket = _silo.Tickets.Issue();
            return Assert.Single(_silo.Tickets.Take(ticket, [former.Store.CopyOf(Key)!]).Statuses);
        }
    }

    /// <summary>A value that was made from another entry is a copy of it.</summary>
    [Fact]
    public async Task Commit_OfWhatWasMadeFromAHeldEntry_IsNotStored()
    {
        await Hold("t");
        var token = (await _silo.Entry("key").Acquire(Patient)).Token;

        var outcome = await _silo.Entry("key").Commit(token, EntrySilo.Data("t") with { CopiedTags = ["t"] });

        Assert.Equal(CommitStatus.Superseded, outcome.Status);
    }

    [Fact]
    public async Task Hold_ThatIsOver_LetsValuesBeStoredAgain()
    {
        await Hold("t");
        _silo.Time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(0, _silo.Silo.Ledger.Holds);
        await _silo.Generate("key", EntrySilo.Data("t"));
    }

    private async Task<HoldRelease> Hold(string tag)
    {
        TagId[] tags = [InvalidatorHost.Tag(tag)];
        return new((await _silo.Silo.Invalidator.Hold(new(tags, TimeSpan.FromSeconds(10)), TimeSpan.FromSeconds(2))).Id!.Value, tags);
    }
}
