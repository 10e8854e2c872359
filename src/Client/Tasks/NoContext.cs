namespace OrleansTagCache.Tasks;

/// <summary>Runs work on the caller's thread, but in none of its contexts: nothing that it begins carries the caller's locals on, or waits for the caller's one thread.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class NoContext
{
    private static readonly ExecutionContext Nothing = Capture();

    /// <summary>Whether this thread may go on with other work for a moment: it is in no grain's turn, and no context waits for it.</summary>
    public static bool IsHere => SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default;

    /// <summary>Runs it here, without what flows with the caller: tracing's current activity and Orleans' request context among it.</summary>
    public static void Run(ContextCallback work, object state) => ExecutionContext.Run(Nothing, work, state);

    /// <summary>A thread that was started without its starter's context has none.</summary>
    private static ExecutionContext Capture()
    {
        ExecutionContext? nothing = null;
        var thread = new Thread(() => nothing = ExecutionContext.Capture()) { IsBackground = true, Name = nameof(NoContext) };
        thread.UnsafeStart();
        thread.Join();
        return nothing!;
    }
}
