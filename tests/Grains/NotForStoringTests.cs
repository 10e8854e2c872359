using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Whoever waits for a value that is not for storing waits for nothing: for a while nobody does, in the whole cluster.</summary>
public sealed class NotForStoringTests
{
    private static readonly AcquireRequest Patient = new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.FromHours(1));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Acquire_BesideAGeneration_WaitsForIt_UnlessTheLastWasNotForStoring(bool isForStoring)
    {
        using var silo = await EntrySilo.Serve();
        var entry = silo.Entry("key");
        Assert.True(await entry.Abandon((await entry.Acquire(Patient)).Token, isForStoring));
        var token = (await entry.Acquire(Patient)).Token;
        Assert.False(token.IsNone);

        var beside = entry.Acquire(Patient).AsTask();

        Assert.Equal(!isForStoring, beside.IsCompleted);
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(token, EntrySilo.Data())).Status);
        Assert.Equal(isForStoring ? AcquireStatus.Fresh : AcquireStatus.NotForStoring, (await beside.Soon()).Status);
        Assert.Equal(AcquireStatus.Fresh, (await entry.Acquire(Patient)).Status);
    }
}
