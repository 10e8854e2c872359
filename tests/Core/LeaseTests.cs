using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class LeaseTests
{
    [Theory]
    [InlineData(5_000, 5_100, 4_950, 1_250)]
    [InlineData(2_000, 2_070, 1_980, 500)]
    [InlineData(1_000, 1_060, 990, 250)]
    [InlineData(0, 50, 0, 0)]
    public void Terms_LengthenTheWaitAndShortenTheUse(int lease, int waitOut, int usable, int renewal) => Assert.Equal(
        (Milliseconds(waitOut), Milliseconds(usable), Milliseconds(renewal)),
        (LeaseTerms.WaitOut(Milliseconds(lease)), LeaseTerms.Usable(Milliseconds(lease)), LeaseTerms.RenewalPeriod(Milliseconds(lease))));

    [Fact]
    public void Terms_TheGranterWaitsLongerThanAnyHolderMayUse() => Gen.Int[1, 100_000_000].Sample(
        milliseconds =>
        {
            // The holder's clock is slow and the granter's fast, each by no more than half of the bound.
            var lease = Milliseconds(milliseconds);
            var usedAtMost = LeaseTerms.Usable(lease) * (1 + (LeaseTerms.RateError / 2));
            var waitedAtLeast = LeaseTerms.WaitOut(lease) * (1 - (LeaseTerms.RateError / 2));
            Assert.True(usedAtMost < waitedAtLeast, $"{usedAtMost} is not less than {waitedAtLeast}.");
            Assert.True(LeaseTerms.RenewalPeriod(lease) * 4 <= lease);
        },
        iter: 2_000);

    [Fact]
    public void Deadline_NeverRenewed_IsNotValid()
    {
        var lease = new LeaseDeadline();
        Assert.False(lease.IsValid(new(0)));
        Assert.False(lease.IsValid(Moment.Past));
        Assert.Equal(TimeSpan.Zero, lease.Remaining(new(0)));
    }

    [Fact]
    public void Renewed_CountsFromBeforeTheAsk()
    {
        var lease = new LeaseDeadline();
        lease.Renewed(askedAt: new(100), TimeSpan.FromTicks(50));
        Assert.True(lease.IsValid(new(149)));
        Assert.False(lease.IsValid(new(150)));
        Assert.Equal(TimeSpan.FromTicks(1), lease.Remaining(new(149)));
        Assert.Equal(TimeSpan.Zero, lease.Remaining(new(150)));
        Assert.Equal(TimeSpan.Zero, lease.Remaining(new(1_000)));
    }

    [Fact]
    public void Renewed_ByAnAskThatEndsLate_NeverShortens()
    {
        var lease = new LeaseDeadline();
        lease.Renewed(new(200), TimeSpan.FromTicks(50));
        lease.Renewed(new(100), TimeSpan.FromTicks(50));
        Assert.Equal(TimeSpan.FromTicks(50), lease.Remaining(new(200)));
    }

    [Fact]
    public void Renewed_AfterALapse_IsValidAgain()
    {
        var lease = new LeaseDeadline();
        lease.Renewed(new(100), TimeSpan.FromTicks(50));
        Assert.False(lease.IsValid(new(160)));
        lease.Renewed(new(160), TimeSpan.FromTicks(50));
        Assert.True(lease.IsValid(new(160)));
    }

    [Fact]
    public void End_IsFinal()
    {
        var lease = new LeaseDeadline();
        lease.Renewed(new(100), TimeSpan.FromTicks(50));
        lease.End();
        Assert.False(lease.IsValid(new(100)));
        Assert.Equal(TimeSpan.Zero, lease.Remaining(new(100)));
        lease.Renewed(new(110), TimeSpan.FromTicks(50));
        Assert.False(lease.IsValid(new(110)));
        Assert.Equal(TimeSpan.Zero, lease.Remaining(new(110)));
    }

    [Fact]
    public void Deadline_AnyRenewals_IsTheLatestOfThem() =>
        Gen.Select(Gen.Long[0, 30], Gen.Long[1, 10]).Array[1, 12].Sample(
            renewals =>
            {
                var lease = new LeaseDeadline();
                foreach (var (askedAt, length) in renewals)
                {
                    lease.Renewed(new(askedAt), TimeSpan.FromTicks(length));
                }

                var end = renewals.Max(renewal => renewal.Item1 + renewal.Item2);
                for (var now = 0; now <= 45; now++)
                {
                    Assert.Equal(now < end, lease.IsValid(new(now)));
                    Assert.Equal(Math.Max(0, end - now), lease.Remaining(new(now)).Ticks);
                }
            },
            iter: 1_000);

    [Fact]
    public async Task Renewed_ByManyThreads_KeepsTheLatest()
    {
        const int Threads = 2;
        const int Rounds = 3_000_000;
        var lease = new LeaseDeadline();
        var next = 0L;
        using var start = new Barrier(Threads);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                for (var i = 0; i < Rounds; i++)
                {
                    // Numbers that are dealt out one by one, so that the threads' deadlines keep overtaking one another.
                    var askedAt = Interlocked.Increment(ref next);
                    lease.Renewed(new(askedAt), TimeSpan.FromTicks(10));
                    if (!lease.IsValid(new(askedAt + 9)))
                    {
                        Assert.Fail($"The renewal asked for at {askedAt} was lost.");
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal(10 + (Threads * Rounds), lease.Remaining(new(0)).Ticks);
    }

    private static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
