namespace OrleansTagCache.Tasks;

/// <summary>Work that lasts as long as its process and that no caller waits for: whatever it throws is told of, and it goes on.</summary>
internal static class BackgroundLoop
{
    /// <summary>After a round that failed: a fault that stays is told of twice a second, and nothing spins.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs rounds until one says that it was the last, or until it is stopped. The task never fails.</summary>
    /// <param name="round">One round; false if there are no more.</param>
    /// <param name="failed">Tells of what a round has thrown.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task Loop(Func<Task<bool>> round, Action<Exception> failed, TimeProvider time, CancellationToken stop = default)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!await round().ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (Exception exception) when (stop.IsCancellationRequested && (exception is OperationCanceledException or ObjectDisposedException))
            {
                return;
            }
            catch (Exception exception)
            {
                Tell(failed, exception);
                await Rest(time, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One piece of it: a timer's round, or a handler of an event that others are to hear of too. What is thrown out of a timer ends the process.</summary>
    public static void Try(Action work, Action<Exception> failed)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Tell(failed, exception);
        }
    }

    /// <summary>What stops it, or the clock, may have been disposed of with its process, and fail at once: the next round waits in any case.</summary>
    private static async Task Rest(TimeProvider time, CancellationToken stop)
    {
        try
        {
            await Task.Delay(Pause, time, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The loop ends.
        }
        catch (Exception)
        {
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Those who write logs may throw as well.</summary>
    private static void Tell(Action<Exception> failed, Exception exception)
    {
        try
        {
            failed(exception);
        }
        catch (Exception)
        {
            // There is no log left to write to.
        }
    }
}
