namespace OrleansTagCache.Samples.Cities.Hosting;

/// <summary>Tries to reach a silo until one answers, and says once that it has to.</summary>
internal sealed partial class KeepConnecting(TimeProvider time, ILogger<KeepConnecting> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private bool _hasSaid;

    // The client asks once a failed attempt, never twice at a time.
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_hasSaid)
        {
            _hasSaid = true;
            LogUnreachable();
        }

        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(2, LogLevel.Warning, "No silo can be reached; pages are made without the cache until one answers")]
    private partial void LogUnreachable();
}
