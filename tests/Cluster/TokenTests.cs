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

    /// <summary>What is being made there cannot be stored any more: the next reader makes its own, and the old one is told why it comes too late.</summary>
    [Theory]
    [InlineData("set and remove")]
    [InlineData("remove")]
    [InlineData("update a tag")]
    [InlineData("update everything")]
    public async Task Acquire_AfterAChangeDuringAGeneration_DoesNotWaitForIt(string change)
    {
        var (key, tag) = ($"token:overtaken:{change}", $"token-overtaken:{change}");
        var entry = cluster.Entry(key);
        var token = (await entry.Acquire(Now)).Token;
        switch (change)
        {
            case "update a tag":
                await cluster.Client.RevalidateTagAsync(tag);
                break;
            case "update everything":
                await cluster.Client.RevalidateTagAsync("*");
                break;
            default:
                if (change == "set and remove")
                {
                    await cluster.Client.SetAsync(key, 1);
                }

                await cluster.Client.RemoveAsync(key);
                break;
        }

        var next = await entry.Acquire(Now with { Wait = TimeSpan.FromSeconds(5), Tags = [tag] });

        Assert.Equal((AcquireStatus.Miss, false), (next.Status, next.Token.IsNone));
        Assert.Equal(CommitStatus.Superseded, (await entry.Commit(token, Data(2))).Status);
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(next.Token, Data(3))).Status);
    }

    /// <summary>Its tags are not concerned: it is what this reader waits for.</summary>
    [Fact]
    public async Task Acquire_AfterAnUpdateOfOtherTagsDuringAGeneration_WaitsForIt()
    {
        var entry = cluster.Entry("token:others");
        var token = (await entry.Acquire(Now)).Token;
        await cluster.Client.RevalidateTagAsync("token-others");
        var waiting = entry.Acquire(Now with { Wait = TimeSpan.FromSeconds(5), Tags = ["token-own"] }).AsTask();

        Assert.Equal(CommitStatus.Stored, (await entry.Commit(token, Data(2))).Status);
        Assert.Equal(AcquireStatus.Fresh, (await waiting).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Acquire_WhileWhatIsNotForStoringIsMade_WaitsForNobody(bool isRefusedBySilo)
    {
        var entry = cluster.Entry($"token:unfit:{isRefusedBySilo}");
        var token = (await entry.Acquire(Now)).Token;
        var waiting = new[] { 1, 2, 3 }.Select(_ => entry.Acquire(Now with { Wait = TimeSpan.FromSeconds(5) }).AsTask()).ToList();
        if (isRefusedBySilo)
        {
            Assert.Equal(CommitStatus.Refused, (await entry.Commit(token, Data(1) with { Tags = ["*"] })).Status);
        }
        else
        {
            Assert.True(await entry.Abandon(token, isForStoring: false));
        }

        var answers = await Task.WhenAll(waiting);

        Assert.Equal(
            [AcquireStatus.Miss, AcquireStatus.NotForStoring, AcquireStatus.NotForStoring],
            answers.Select(answer => answer.Status).Order());

        // Once one was stored it is worth the wait again.
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(answers.Single(answer => !answer.Token.IsNone).Token, Data(1))).Status);
        await cluster.Client.RemoveAsync($"token:unfit:{isRefusedBySilo}");
        Assert.False((await entry.Acquire(Now)).Token.IsNone);
        Assert.Equal(AcquireStatus.Busy, (await entry.Acquire(Now)).Status);
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
