using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Hosting;

/// <summary>
/// Starts and stops the Orleans client of this process, in the place of Orleans' own hosted service, which lets no application start before a silo has answered. Where silos
/// answer, it has connected when the start goes on; where the first attempt fails, or takes longer than a read would wait, it connects behind the application's back. Unless the application
/// insists, no failure of it stops start-up.
/// </summary>
/// <remarks>The host starts and stops it, one after the other.</remarks>
/// <param name="client">Orleans' own hosted service.</param>
/// <param name="attempts">Hears of every attempt that fails.</param>
/// <param name="protocol">Whether the silos and this process have a version in common.</param>
/// <param name="reachability">Is told when calls can be sent.</param>
/// <param name="options">Whether to insist.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ClusterConnection(
    IHostedService client, ConnectionAttempts attempts, ProtocolCheck protocol, Reachability reachability, TagCacheClientOptions options, TimeProvider time, ILogger<ClusterConnection> logger)
    : IHostedService, IDisposable
{
    /// <summary>How long a stop waits for an attempt that does not heed its cancellation; the end of the process ends it.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task? _connecting;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var givenUp = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop).ConfigureAwait(false);
        _connecting = Connect();
        if (!options.RequireClusterAtStart)
        {
            Task first = Task.WhenAny(_connecting, attempts.FirstFailed);
            await first.WaitAsync(options.ReadTimeout, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            _ = WatchBehind(_connecting);
            return;
        }

        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        reachability.Close();
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_connecting is null)
        {
            return;
        }

        await _connecting.WaitAsync(LongestFarewell, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connecting.IsCompletedSuccessfully)
        {
            await client.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stop.End();

    private async Task Connect()
    {
        await client.StartAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            await protocol.First().ConfigureAwait(false);
        }
        catch (TagCacheVersionException) when (!options.RequireClusterAtStart)
        {
            // It has been logged. The application goes on without the cache until versions are in common.
        }

        reachability.Connected();
        attempts.Succeeded();
    }

    private async Task WatchBehind(Task connecting)
    {
        try
        {
            await connecting.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (!_stop.IsCancellationRequested)
            {
                LogGaveUp(exception);
            }
        }
    }

    [LoggerMessage(2107, LogLevel.Error, "This process has given up connecting to the cluster, and goes on without the cache until it is started again")]
    private partial void LogGaveUp(Exception exception);
}
