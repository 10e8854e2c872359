using Microsoft.Extensions.Logging;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Cluster;

/// <summary>Whether the cluster answers: when it has not for a while, one call a period tries it, and the others go without it at once.</summary>
/// <remarks>Thread-safe: nothing is held, all is interlocked.</remarks>
internal sealed partial class Reachability(TimeProvider time, ILogger<Reachability> logger)
{
    /// <summary>How long an unreachable cluster is left alone before one call tries it again.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    /// <summary>So many failures without an answer in between mean the cluster, not one of its silos.</summary>
    private const int FailuresOfACluster = 5;

    private int _failures;
    private int _isUnreachable;
    private long _nextProbe;

    /// <summary>Whether this call may try the cluster.</summary>
    public bool MayTry()
    {
        if (Volatile.Read(ref _isUnreachable) == 0)
        {
            return true;
        }

        var probe = Volatile.Read(ref _nextProbe);
        var now = time.Now();
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
        if (Interlocked.Increment(ref _failures) < FailuresOfACluster)
        {
            return;
        }

        Volatile.Write(ref _nextProbe, (time.Now() + ProbePeriod).Ticks);
        if (Interlocked.Exchange(ref _isUnreachable, 1) == 0)
        {
            LogUnreachable(exception.GetType().Name);
        }
    }

    /// <summary>One attempt of a call failed; that says little of the cluster.</summary>
    public void Failed(Exception exception) => LogCallFailed(exception);

    [LoggerMessage(2101, LogLevel.Warning, "The cache cluster cannot be reached ({Fault}); factories run and nothing is stored until it can")]
    private partial void LogUnreachable(string fault);

    [LoggerMessage(2102, LogLevel.Information, "The cache cluster can be reached again")]
    private partial void LogReachable();

    [LoggerMessage(2103, LogLevel.Debug, "A call to the cache cluster failed")]
    private partial void LogCallFailed(Exception exception);
}
