namespace OrleansTagCache.Tasks;

/// <summary>Looks again and again, a period apart, but only while there is something to look at: nothing wakes a process that has nothing to do.</summary>
/// <remarks>
/// Thread-safe. It counts as resting from before a look reads what there is: what comes meanwhile is seen by that look, or starts the timer for the next one, or both.
/// A look may be late; if the next one overlaps it, the owner keeps them apart.
/// </remarks>
internal sealed class OnDemandTimer : IDisposable
{
    private readonly TimeSpan _period;
    private readonly Func<bool> _look;
    private readonly Action<Exception> _failed;
    private readonly ITimer _timer;
    private bool _isRunning;

    /// <param name="period">From the start, and from the end of each look, to the next one.</param>
    /// <param name="look">Looks, and says whether there is anything left to look at. One that fails is followed by another.</param>
    /// <param name="failed">Tells of what a look has thrown.</param>
    /// <param name="time">The clock.</param>
    public OnDemandTimer(TimeSpan period, Func<bool> look, Action<Exception> failed, TimeProvider time)
    {
        (_period, _look, _failed) = (period, look, failed);
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>There is something to look at: to be called after it is there. It costs little if the timer runs already.</summary>
    public void Start()
    {
        // What there is was written before the state is read; a look does it the other way round.
        Interlocked.MemoryBarrier();
        if (!Volatile.Read(ref _isRunning) && !Interlocked.Exchange(ref _isRunning, true))
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        Interlocked.Exchange(ref _isRunning, false);
        var isMore = true;
        BackgroundLoop.Try(() => isMore = _look(), _failed);
        if (isMore)
        {
            Start();
        }
    }
}
