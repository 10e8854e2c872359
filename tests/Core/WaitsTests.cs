using Xunit;
using Xunit.Sdk;

namespace OrleansTagCache.Tests.Core;

/// <summary>The waits themselves: each ends, and a failure says what was waited for.</summary>
public sealed class WaitsTests
{
    [Fact]
    public async Task Within_OfWhatNeverEnds_FailsAndNamesIt()
    {
        var never = new TaskCompletionSource().Task;
        var fault = await Assert.ThrowsAnyAsync<XunitException>(() => never.Within(TimeSpan.FromMilliseconds(1), "the moon"));
        Assert.Contains("Waited 00:00:00.0010000 for the moon in vain.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Soon_OfWhatFails_FailsAsIt() =>
        await Assert.ThrowsAsync<FormatException>(() => Task.FromException(new FormatException()).Soon());

    [Fact]
    public async Task While_WhenTheWorkFails_HasEndedTheOthers()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        await Assert.ThrowsAsync<FormatException>(() => Waits.While(
            async () =>
            {
                await begun.Task.Soon();
                throw new FormatException();
            },
            [
                async _ =>
                {
                    Interlocked.Increment(ref running);
                    begun.TrySetResult();
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                },
            ]));
        Assert.Equal(0, running);
    }

    [Fact]
    public async Task While_WhenOneOfTheOthersFails_DoesNotWaitForTheWork() =>
        await Assert.ThrowsAsync<FormatException>(() => Waits.While(() => new TaskCompletionSource().Task, [_ => throw new FormatException()]));
}
