namespace OrleansTagCache.Cli.Load;

/// <summary>
/// Begins calls by a schedule, whether or not earlier ones have ended: callers of a real system do not wait for each other. Each call is told when it was due. Its latency counts from then, so that a server
/// that stalls is charged for all calls that were due in that time, also for those that could only be sent after it (a closed loop leaves these out: coordinated omission).
/// </summary>
/// <param name="rate">Calls a second.</param>
/// <param name="most">How many may be on the way at once. Those beyond it are sent late; when they were due stays as it was.</param>
/// <param name="time">The clock.</param>
internal sealed class OpenLoop(double rate, int most, TimeProvider time)
{
    /// <summary>How often the schedule is looked at.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Makes all calls that are due within the duration, and returns when the last one has ended.</summary>
    /// <param name="duration">How long the schedule is.</param>
    /// <param name="call">A call: its number, and the timestamp at which it was due. It must not throw.</param>
    /// <param name="cancellationToken">Ends the schedule; calls that are on the way end by themselves.</param>
    /// <returns>How many calls were begun.</returns>
    public async Task<long> Run(TimeSpan duration, Func<long, long, Task> call, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(most, most);
        using var timer = new PeriodicTimer(Tick, time);
        var (begun, total, next) = (time.GetTimestamp(), (long)Math.Round(rate * duration.TotalSeconds), 0L);
        try
        {
            while (next < total)
            {
                var due = Math.Min(total, (long)(time.GetElapsedTime(begun).Ticks * rate / TimeSpan.TicksPerSecond) + 1);
                for (; next < due; next++)
                {
                    await places.WaitAsync(cancellationToken);
                    _ = One(next, begun + (long)(next * time.TimestampFrequency / rate));
                }

                if (next < total)
                {
                    await timer.WaitForNextTickAsync(cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        for (var i = 0; i < most; i++)
        {
            await places.WaitAsync(CancellationToken.None);
        }

        return next;

        async Task One(long number, long dueAt)
        {
            try
            {
                await call(number, dueAt);
            }
            finally
            {
                places.Release();
            }
        }
    }
}
