using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The rules of tokens, at the grain.</summary>
[Collection(ClusterCollection.Name)]
public sealed class TokenTests(TagCacheCluster cluster)
{
    private static readonly AcquireRequest Now = new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);

    [Fact]
    public async Task Acquire_OfAMiss_GivesOneTokenAndTheOthersWait()
    {
        var entry = cluster.Entry("token:one");
        var first = await entry.Acquire(Now);
        var second = await entry.Acquire(Now);

        Assert.Equal(AcquireStatus.Miss, first.Status);
        Assert.False(first.Token.IsNone);
        Assert.Equal(AcquireStatus.Busy, second.Status);
        Assert.True(second.Token.IsNone);
        Assert.True(await entry.Abandon(first.Token));
    }

    [Fact]
    public async Task Acquire_WhileWaiting_IsAnsweredByTheCommit()
    {
        var entry = cluster.Entry("token:wait");
        var token = (await entry.Acquire(Now)).Token;
        var waiting = entry.Acquire(Now with { Wait = TimeSpan.FromSeconds(5) }).AsTask();
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(token, Data(1))).Status);

        var answer = await waiting;
        Assert.Equal(AcquireStatus.Fresh, answer.Status);
        Assert.Equal([1], answer.Entry!.Payload.Bytes);
    }

    [Fact]
    public async Task Commit_WithAnUnknownUsedOrForeignToken_IsRefused()
    {
        var entry = cluster.Entry("token:use");
        var token = (await entry.Acquire(Now)).Token;
        var foreign = (await cluster.Entry("token:other").Acquire(Now)).Token;

        Assert.Equal(CommitStatus.UnknownToken, (await entry.Commit(new(Guid.NewGuid()), Data(9))).Status);
        Assert.Equal(CommitStatus.UnknownToken, (await entry.Commit(foreign, Data(9))).Status);
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(token, Data(1))).Status);
        Assert.Equal(CommitStatus.UnknownToken, (await entry.Commit(token, Data(9))).Status);
        Assert.Equal([1], (await entry.Acquire(Now)).Entry!.Payload.Bytes);
    }

    [Fact]
    public async Task Abandon_WakesAWaiter_WhoGetsTheToken()
    {
        var entry = cluster.Entry("token:abandon");
        var token = (await entry.Acquire(Now)).Token;
        var waiting = entry.Acquire(Now with { Wait = TimeSpan.FromSeconds(5) }).AsTask();

        Assert.True(await entry.Abandon(token));
        Assert.False((await waiting).Token.IsNone);
        Assert.False(await entry.Abandon(token));
    }

    [Fact]
    public async Task Acquire_AfterASetAndARemovalDuringAGeneration_StillWaitsForIt()
    {
        var entry = cluster.Entry("token:set");
        var token = (await entry.Acquire(Now)).Token;
        await cluster.Client.SetAsync("token:set", 1);
        await cluster.Client.RemoveAsync("token:set");
        var waiting = entry.Acquire(Now with { Wait = TimeSpan.FromSeconds(4) }).AsTask();

        // The key is the generation's still, and its grain is free to take the commit.
        Assert.Equal(CommitStatus.Superseded, (await entry.Commit(token, Data(2))).Status);
        Assert.Equal(AcquireStatus.Miss, (await waiting).Status);
    }

    [Fact]
    public async Task Acquire_OfAStaleEntry_GivesTheValueToAllAndTheTokenToOne()
    {
        await cluster.Client.SetAsync("token:stale", 1, new() { Tags = ["token-stale"] });
        await cluster.Client.RevalidateTagAsync("token-stale", CacheLife.Max);
        var entry = cluster.Entry("token:stale");

        var answers = new[] { await entry.Acquire(Now), await entry.Acquire(Now), await entry.Acquire(Now) };

        Assert.All(answers, answer => Assert.Equal(AcquireStatus.Stale, answer.Status));
        Assert.Equal(1, answers.Count(answer => !answer.Token.IsNone));
    }

    [Fact]
    public async Task Commit_OfAValueThatBreaksTheSilosLimits_IsRefusedAndNamesTheLimit()
    {
        var entry = cluster.Entry("token:large");
        var token = (await entry.Acquire(Now)).Token;
        var outcome = await entry.Commit(token, new(new(new byte[(4 * 1024 * 1024) + 1], null), [], null, CacheLife.Default));

        Assert.Equal(CommitStatus.Refused, outcome.Status);
        Assert.Contains("4194304", outcome.Fault, StringComparison.Ordinal);
        Assert.Equal(AcquireStatus.Miss, (await entry.Acquire(Now)).Status);
    }

    private static EntryData Data(byte value) => new(new([value], null), [], null, CacheLife.Default);
}
