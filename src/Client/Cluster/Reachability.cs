using Microsoft.Extensions.Logging;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Cluster;

/// <summary>
/// Whether the cluster answers: when it has not for a while, one call a period tries it, and the others go without it at once. Nobody tries it before this process
/// has connected, nor after it has stopped: Orleans would lose such calls, or keep their callers until a time-out.
/// </summary>
/// <remarks>Thread-safe: nothing is held, all is interlocked or published once.</remarks>
internal sealed partial class Reachability : IDisposable
{
    /// <summary>How long an unreachable cluster is left alone before one call tries it again.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    /// <summary>So many failures without an answer in between mean the cluster, not one of its silos.</summary>
    private const int FailuresOfACluster = 5;

    private readonly TimeProvider _time;
    private readonly ILogger<Reachability> _logger;
    private readonly CancellationTokenSource _closing = new();
    private volatile bool _hasConnected;
    private int _failures;
    private int _isUnreachable;
    private long _nextProbe;

    /// <summary>A silo's process is part of the cluster from the start; a client is not before it has connected.</summary>
    public Reachability(TimeProvider time, ILogger<Reachability> logger, bool isConnected = true) =>
        (_time, _logger, _hasConnected, Closed) = (time, logger, isConnected, _closing.Token);

    /// <summary>Whether calls can be sent at all.</summary>
    public bool IsConnected => _hasConnected && !Closed.IsCancellationRequested;

    /// <summary>Cancelled when this process stops: whoever waits for the cluster waits for nothing from then on.</summary>
    public CancellationToken Closed { get; }

    /// <summary>From here on calls can be sent.</summary>
    public void Connected() => _hasConnected = true;

    /// <summary>From here on calls are not sent any more, for good.</summary>
    public void Close() => _closing.Cancel();

    /// <summary>Of a call that no factory can serve, while it cannot be sent; null while it can.</summary>
    public TagCacheUnavailableException? WhyNot(string what) => IsConnected ? null : new(Closed.IsCancellationRequested
        ? $"The {what} was not begun: this process's host is stopping or has stopped, and with it its connection to the cluster."
        : $"The {what} was not begun: this process has not been connected to the cluster yet. It connects when a silo answers; its log says what it waits for.");

    /// <summary>Whether this call may try the cluster.</summary>
    public bool MayTry()
    {
        if (!IsConnected)
        {
            return false;
        }

        if (Volatile.Read(ref _isUnreachable) == 0)
        {
            return true;
        }

        var probe = Volatile.Read(ref _nextProbe);
        var now = _time.Now();
        return now.Ticks >= probe && Interlocked.CompareExchange(ref _nextProbe, (now + ProbePeriod).Ticks, probe) == probe;
    }

    /// <summary>It has answered.</summary>
    public void Reached()
    {
        if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }

        if (Volatile.Read(ref _isUnreachable) != 0 && Interlocked.Exchange(ref _isUnreachable, 0) != 0)
        {
            LogReachable();
        }
    }

    /// <summary>A call has used up its patience.</summary>
    public void NotReached(Exception exception)
    {
        Failed(exception);
        if (!IsConnected || Interlocked.Increment(ref _failures) < FailuresOfACluster)
        {
            return;
        }

        Volatile.Write(ref _nextProbe, (_time.Now() + ProbePeriod).Ticks);
        if (Interlocked.Exchange(ref _isUnreachable, 1) == 0)
        {
            LogUnreachable(exception.GetType().Name);
        }
    }

    /// <summary>One attempt of a call failed; that says little of the cluster.</summary>
    public void Failed(Exception exception) => LogCallFailed(exception);

    public void Dispose()
    {
        Close();
        _closing.Dispose();
    }

    [LoggerMessage(2101, LogLevel.Warning, "The cache cluster cannot be reached ({Fault}); factories run and nothing is stored until it can")]
    private partial void LogUnreachable(string fault);

    [LoggerMessage(2102, LogLevel.Information, "The cache cluster can be reached again")]
    private partial void LogReachable();

    [LoggerMessage(2103, LogLevel.Debug, "A call to the cache cluster failed")]
    private partial void LogCallFailed(Exception exception);
}
