using Microsoft.Extensions.Hosting;
using OrleansTagCache.Hosting;

namespace OrleansTagCache.Flights;

/// <summary>The background refreshes of a process: so many at a time, and none once it stops.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class BackgroundRefreshes(TagCacheClientOptions options, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>
    /// How long a refresh may wait for its turn, and run. Longer than tokens hold as a rule: one that takes longer would be stored
    /// nowhere, and one that hangs must not keep the others from their turn.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turns = new(options.MaximumBackgroundRefreshes);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled when the process stops.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Waits for a turn and takes it.</summary>
    /// <param name="refresh">What to do in it. It is given up when it takes too long, or when the process stops.</param>
    /// <exception cref="OperationCanceledException">There was no turn in time, it took too long, or the process stops.</exception>
    public async Task Run(Func<CancellationToken, Task> refresh)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        await _turns.WaitAsync(either.Token);
        try
        {
            await refresh(either.Token);
        }
        finally
        {
            _turns.Release();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Cancels what runs, and waits until it has ended, or until the host waits no longer.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        try
        {
            for (var turn = 0; turn < options.MaximumBackgroundRefreshes; turn++)
            {
                await _turns.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _turns.Dispose();
    }
}
