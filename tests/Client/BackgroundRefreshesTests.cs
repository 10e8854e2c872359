using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>So many refreshes at a time, none that nobody could use any more, and none after the process has stopped.</summary>
public sealed class BackgroundRefreshesTests : IDisposable
{
    private const int Turns = 3;

    private readonly FakeTimeProvider _time = new();
    private readonly BackgroundRefreshes _refreshes;

    public BackgroundRefreshesTests() => _refreshes = new(new TagCacheClientOptions { MaximumBackgroundRefreshes = Turns }, _time);

    public void Dispose() => _refreshes.Dispose();

    [Fact]
    public async Task Start_Many_RunsSoManyAtATime()
    {
        var running = new SemaphoreSlim(0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (now, most, done) = (0, 0, new CountdownEvent(20));
        var gate = new Lock();
        for (var i = 0; i < 20; i++)
        {
            _refreshes.Start(
                async _ =>
                {
                    lock (gate)
                    {
                        most = Math.Max(most, ++now);
                    }

                    running.Release();
                    await release.Task.Soon();
                    lock (gate)
                    {
                        now--;
                    }

                    done.Signal();
                },
                () => throw new InvalidOperationException("Time has not passed."));
        }

        for (var i = 0; i < Turns; i++)
        {
            await running.WaitAsync().Soon();
        }

        Assert.Equal(0, running.CurrentCount);
        var ended = Events.On(CacheEvent.RefreshEnded);
        release.SetResult();
        await ended.Until(() => done.IsSet);

        Assert.Equal(Turns, most);
    }

    [Fact]
    public async Task Start_WithoutATurnInTime_GivesUp()
    {
        var begun = new SemaphoreSlim(0);
        var (givenUp, mayEnd) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        for (var i = 0; i < Turns; i++)
        {
            // They keep their turns however far the clock runs before the last one begins to wait.
            _refreshes.Start(
                async _ =>
                {
                    begun.Release();
                    await mayEnd.Task;
                },
                () => Task.CompletedTask);
            await begun.WaitAsync().Soon();
        }

        _refreshes.Start(
            _ => throw new InvalidOperationException("It has no turn."),
            () =>
            {
                givenUp.SetResult();
                return Task.CompletedTask;
            });
        await Waits.Advance(_time, TimeSpan.FromSeconds(1), () => givenUp.Task.IsCompleted);
        mayEnd.SetResult();
        await _refreshes.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Stop_CancelsWhatRunsAndWaitsForIt()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hasEnded = false;
        _refreshes.GoOn(async token =>
        {
            begun.SetResult();
            try
            {
                await new TaskCompletionSource().Task.WaitAsync(token);
            }
            finally
            {
                hasEnded = true;
            }
        });
        await begun.Task.Soon();

        await _refreshes.StopAsync(CancellationToken.None);

        Assert.True(hasEnded);
    }
}
