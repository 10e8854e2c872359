namespace OrleansTagCache.Saving;

/// <summary>Waits on the thread of a call of EF that blocks. Nothing that is waited for needs this thread, or its context: no continuation here goes back to one.</summary>
internal static class Blocking
{
#pragma warning disable MA0045, VSTHRD002 // It is what the caller has asked for.
    public static void Wait(Func<Task> work) => work().GetAwaiter().GetResult();
#pragma warning restore MA0045, VSTHRD002

    /// <summary>Work that blocks, where a task is asked for.</summary>
    public static Task Done(Action work)
    {
        work();
        return Task.CompletedTask;
    }
}
