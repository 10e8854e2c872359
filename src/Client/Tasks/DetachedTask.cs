namespace OrleansTagCache.Tasks;

/// <summary>
/// Runs what may outlive the call that began it: without that call's context. So no request's <c>HttpContext</c>, no activity that has ended, and no other
/// ambient value of a caller who has gone is seen by it.
/// </summary>
internal static class DetachedTask
{
    public static Task<T> Run<T>(Func<Task<T>> work)
    {
        using var flow = SuppressFlow();
        return Task.Run(work);
    }

    public static Task Run(Func<Task> work)
    {
        using var flow = SuppressFlow();
        return Task.Run(work);
    }

    private static AsyncFlowControl? SuppressFlow() => ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
}
