namespace OrleansTagCache.Tasks;

/// <summary>The end of what stops work.</summary>
internal static class StopSource
{
    /// <summary>
    /// Stops whatever still runs, and lets go of the source. A host that fails while it starts disposes of what it has begun without stopping it: nothing may go on then. Again it does nothing.
    /// </summary>
    public static void End(this CancellationTokenSource stop)
    {
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended already.
        }

        stop.Dispose();
    }
}
