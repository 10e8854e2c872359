using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A caller may ask for a token that holds for less time than others do: then a caller that never comes back keeps the others waiting for no longer.</summary>
public sealed class TokenLeaseTests
{
    private static readonly AcquireRequest Read = new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Token_OfAShortLease_EndsWithIt()
    {
        using var silo = await EntrySilo.Serve();
        var token = (await silo.Entry("key").Acquire(Read with { Lease = Short })).Token;

        silo.Time.Advance(Short - TimeSpan.FromMilliseconds(1));
        Assert.Equal(AcquireStatus.Busy, (await silo.Entry("key").Acquire(Read)).Status);

        silo.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False((await silo.Entry("key").Acquire(Read)).Token.IsNone);
        Assert.Equal(CommitStatus.UnknownToken, (await silo.Entry("key").Commit(token, EntrySilo.Data())).Status);
    }

    [Fact]
    public async Task Token_OfABatch_EndsWithItsLeaseToo()
    {
        using var silo = await EntrySilo.Serve();
        var read = new EntryRead(EntrySilo.Scope("key"), MayGenerate: true, FreshOnly: false, Guid.Empty, Lease: Short);
        var answers = new Acquired?[1];
        silo.Batches.AcquireOthers([read], sessions: null, answers);
        Assert.False(answers[0]!.Token.IsNone);

        silo.Time.Advance(Short);

        Assert.False((await silo.Entry("key").Acquire(Read)).Token.IsNone);
    }

    [Fact]
    public async Task Token_OfAnEarlyRefresh_EndsWithItsLeaseToo()
    {
        using var silo = await EntrySilo.Serve();
        await silo.Generate("key", EntrySilo.Data() with { EagerAt = TimeSpan.FromSeconds(1) });
        silo.Time.Advance(TimeSpan.FromSeconds(2));
        var early = Read with { MayRefreshEarly = true };
        Assert.False((await silo.Entry("key").Acquire(early with { Lease = Short })).Token.IsNone);
        Assert.True((await silo.Entry("key").Acquire(early)).Token.IsNone);

        silo.Time.Advance(Short);

        Assert.False((await silo.Entry("key").Acquire(early)).Token.IsNone);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(3_600)]
    [InlineData(int.MaxValue)]
    public async Task Token_OfALeaseThatIsNoneOrTooLong_HoldsAsLongAsOthers(int seconds)
    {
        using var silo = await EntrySilo.Serve();
        await silo.Entry("key").Acquire(Read with { Lease = TimeSpan.FromSeconds(seconds) });

        silo.Time.Advance(silo.Host.GenerationLease - TimeSpan.FromMilliseconds(1));
        Assert.Equal(AcquireStatus.Busy, (await silo.Entry("key").Acquire(Read)).Status);

        silo.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False((await silo.Entry("key").Acquire(Read)).Token.IsNone);
    }

    /// <summary>Who waits for the value waits no longer than the lease either, and is next.</summary>
    [Fact]
    public async Task Waiter_OfAShortLease_GetsTheNextToken()
    {
        using var silo = await EntrySilo.Serve();
        await silo.Entry("key").Acquire(Read with { Lease = Short });
        var waiting = silo.Entry("key").Acquire(Read with { Wait = TimeSpan.FromSeconds(30) }).AsTask();
        Assert.False(waiting.IsCompleted);

        silo.Time.Advance(Short);

        Assert.False((await waiting.WaitAsync(TimeSpan.FromMinutes(1))).Token.IsNone);
    }
}
