using OrleansTagCache.Batching;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Sets and removals that share a message: each is what it would be alone, and waits for no other that is held up.</summary>
public sealed class KeyChangeHandlerTests
{
    private static readonly AcquireRequest Look = new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero);

    [Fact]
    public async Task Change_OfSeveralEntries_StoresAndDropsAsEachWouldAlone()
    {
        using var silo = await EntrySilo.Serve();
        await silo.Generate("removed", EntrySilo.Data());
        await silo.Generate("set", EntrySilo.Data());
        var changes = Handler(silo);
        var tokens = changes.BeginSets([EntrySilo.Scope("set"), EntrySilo.Scope("new")]);

        var changed = await changes.Change([SetOf("set", tokens[0]), new(EntrySilo.Scope("removed")), SetOf("new", tokens[1]), SetOf("late", tokens[1])]);

        Assert.Equal([CommitStatus.Stored, null, CommitStatus.Stored, CommitStatus.UnknownToken], changed.Select(change => change!.Commit?.Status));
        Assert.Equal([true, true, true, false], changed.Select(change => change!.Update!.IsComplete));
        Assert.Equal([2], (await silo.Entry("set").Acquire(Look)).Entry!.Payload.Bytes);
        Assert.Equal(AcquireStatus.Miss, (await silo.Entry("removed").Acquire(Look)).Status);
        Assert.Equal(0, changes.PendingCount);
    }

    /// <summary>The silo that came may have it by now: its own answer counts.</summary>
    [Fact]
    public async Task Change_OfAnEntryOfAnotherSilo_HasNoAnswer_AndKeepsNoOtherBack()
    {
        using var silo = await EntrySilo.Serve();
        silo.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (FakeCluster.Silo(2), SiloStatus.Active, true));
        string[] keys = [.. Enumerable.Range(0, 20).Select(i => EntrySilo.Scope($"entry:{i}"))];
        var changes = Handler(silo);

        var begun = changes.BeginSets(keys);
        var changed = await changes.Change([.. keys.Select(key => new KeyChange(key))]);

        bool[] isAstray = [.. keys.Select(silo.Cluster.Owners.IsAstray)];
        Assert.Contains(true, isAstray);
        Assert.Contains(false, isAstray);
        Assert.Equal(isAstray, begun.Select(set => set is null));
        Assert.Equal(isAstray, changed.Select(change => change is null));
    }

    [Fact]
    public async Task Change_ThatAClientHoldsUp_HoldsUpNoOther_AndEndsWhenTheClientLetsGo()
    {
        using var silo = await EntrySilo.Serve();
        var letsGo = new TaskCompletionSource();
        var (slow, changes) = await HoldUp(silo, "slow", letsGo.Task);
        var answer = changes.Change([slow, new(EntrySilo.Scope("quick"))]);
        Assert.False(answer.IsCompleted);

        silo.Time.Advance(KeyChangeHandler.Patience);
        var changed = await answer.Soon();
        Assert.True(changed[1]!.Update!.IsComplete);
        Assert.Null(changed[0]!.Update);

        // It is not said to be complete while the client may serve the earlier value.
        var finish = changes.Finish(changed[0]!.Pending).AsTask();
        Assert.False(finish.IsCompleted);
        letsGo.SetResult();
        Assert.True((await finish.Soon())!.IsComplete);
        Assert.Null(await changes.Finish(changed[0]!.Pending));
    }

    [Fact]
    public async Task Change_ThatIsPendingAndNotAskedFor_IsForgotten()
    {
        using var silo = await EntrySilo.Serve();
        var (slow, changes) = await HoldUp(silo, "slow", new TaskCompletionSource().Task);
        var answer = changes.Change([slow]);
        silo.Time.Advance(KeyChangeHandler.Patience);
        await answer.Soon();
        Assert.Equal(1, changes.PendingCount);

        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(500), () => changes.PendingCount == 0);
    }

    /// <summary>A value that a client keeps near, and lets go of when that task has ended.</summary>
    private static async Task<(KeyChange Removal, KeyChangeHandler Changes)> HoldUp(EntrySilo silo, string key, Task letsGo)
    {
        await silo.Generate(key, EntrySilo.Data());
        Assert.True((await silo.Entry(key).Acquire(Look with { Sessions = silo.OpenSession(letsGo) })).Near!.MayKeep);
        return (new(EntrySilo.Scope(key)), Handler(silo));
    }

    private static KeyChangeHandler Handler(EntrySilo silo) => new(silo.Store, silo.Cluster.Owners, silo.Time);

    private static KeyChange SetOf(string key, SetBegun? begun) => new(EntrySilo.Scope(key), begun!.Token, new(new([2], null), [], CopiedTags: null, CacheLife.Max));
}
