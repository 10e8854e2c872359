namespace OrleansTagCache.Tests.Cluster;

/// <summary>A factory that runs until it is let go.</summary>
internal sealed class HeldFactory<T>(T value)
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    /// <summary>Ends when the factory has begun to run.</summary>
    public Task Started => _started.Task.Soon("a factory to begin");

    public int Runs => Volatile.Read(ref _runs);

    public void Release() => _released.TrySetResult();

    public async ValueTask<T> Invoke(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _runs);
        _started.TrySetResult();
        await _released.Task.WaitAsync(cancellationToken).Soon("a factory to be let go");
        return value;
    }
}
