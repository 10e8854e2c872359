using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Flights;

/// <summary>The background refreshes of a process: so many at a time, and none once it stops.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class BackgroundRefreshes : IHostedService, IDisposable
{
    /// <summary>
    /// How long a refresh waits for its turn: much shorter than tokens hold, so that nothing is made which could not be stored. Who gets no turn gives its
    /// token back to readers with less to do.
    /// </summary>
    private static readonly TimeSpan TurnPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long one may run. Longer than tokens hold as a rule; one that hangs must not keep the others from their turn.</summary>
    private static readonly TimeSpan RunPatience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Task, bool> _running = [];
    private readonly SemaphoreSlim _turns;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;

    public BackgroundRefreshes(TagCacheClientOptions options, TimeProvider time)
    {
        (_turns, _time, Stopping) = (new(options.MaximumBackgroundRefreshes), time, _stop.Token);
    }

    /// <summary>Cancelled when the process stops.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Refreshes in its turn. The process does not stop before it has ended.</summary>
    /// <param name="refresh">What to do. Its token is cancelled when it takes too long, and when the process stops.</param>
    /// <param name="giveUp">What to do instead if there is no turn in time.</param>
    public void Start(Func<CancellationToken, Task> refresh, Func<Task> giveUp) => Track(async () =>
    {
        if (await TryGetTurn().ConfigureAwait(false))
        {
            try
            {
                await WithPatience(refresh).ConfigureAwait(false);
            }
            finally
            {
                _turns.Release();
            }
        }
        else
        {
            await giveUp().ConfigureAwait(false);
        }
    });

    /// <summary>Goes on with what was begun for a reader who did not wait for it: no turn is needed.</summary>
    /// <param name="refresh">What to do, as in <see cref="Start"/>.</param>
    public void GoOn(Func<CancellationToken, Task> refresh) => Track(() => WithPatience(refresh));

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Cancels what runs, and waits until it has ended, or until the host waits no longer.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stop.End();
        _turns.Dispose();
    }

    private void Track(Func<Task> work)
    {
        // Off the reader's path, and without what is the reader's alone.
        var isTracked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var whole = DetachedTask.Run(async () =>
        {
            await isTracked.Task.ConfigureAwait(false);
            try
            {
                await work().ConfigureAwait(false);
            }
            finally
            {
                CacheEvents.Write(CacheEvent.RefreshEnded, this);
            }
        });
        _running.TryAdd(whole, true);
        _ = whole.ContinueWith(static (ended, running) => ((ConcurrentDictionary<Task, bool>)running!).TryRemove(ended, out _), _running, TaskScheduler.Default);
        isTracked.SetResult();
    }

    private async Task<bool> TryGetTurn()
    {
        using var patience = new CancellationTokenSource(TurnPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, Stopping);
        try
        {
            await _turns.WaitAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task WithPatience(Func<CancellationToken, Task> refresh)
    {
        CacheEvents.Write(CacheEvent.RefreshBegun, this);
        using var patience = new CancellationTokenSource(RunPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, Stopping);
        await refresh(either.Token).ConfigureAwait(false);
    }
}
