using Microsoft.Extensions.Logging;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>
/// Whether the cluster answers: when it has not for a while, one call a period probes it, and the others go without it at once. No call is sent before this process
/// has connected, nor after it has stopped: Orleans would lose such calls, or keep their callers until a time-out.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class Reachability : IDisposable
{
    /// <summary>How long an unreachable cluster is left alone before one call tries it again.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    /// <summary>One more failure without an answer in between means the cluster, not one of its silos.</summary>
    private const int FailuresOfOneSilo = 4;

    private readonly ILogger<Reachability> _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly ProbeGate _gate;
    private readonly TimeProvider _time;
    private long _lastAnswer = Moment.Past.Ticks;
    private int _calls;
    private volatile bool _hasConnected;
    private TagCacheVersionException? _refusal;

    /// <summary>A silo's process is part of the cluster from the start; a client is not before it has connected.</summary>
    public Reachability(TimeProvider time, ILogger<Reachability> logger, bool isConnected = true) =>
        (_gate, _time, _logger, _hasConnected, Closed) = (new(time, FailuresOfOneSilo, ProbePeriod, mostDoublings: 0), time, logger, isConnected, _closing.Token);

    /// <summary>Whether calls can be sent at all.</summary>
    public bool IsConnected => _hasConnected && Refusal is null && !Closed.IsCancellationRequested;

    /// <summary>Why the cluster must not be called, although it answers; null if it may.</summary>
    public TagCacheVersionException? Refusal => Volatile.Read(ref _refusal);

    /// <summary>Cancelled when this process stops: from then on the cluster does not answer.</summary>
    public CancellationToken Closed { get; }

    /// <summary>When a silo last answered; null if none has.</summary>
    public Moment? LastAnswer => Volatile.Read(ref _lastAnswer) is var at && at == Moment.Past.Ticks ? null : new(at);

    /// <summary>How many calls wait that no factory can serve.</summary>
    public int CallsInFlight => Volatile.Read(ref _calls);

    /// <summary>One more of those waits.</summary>
    public void CallBegan() => Interlocked.Increment(ref _calls);

    /// <summary>One of them is over.</summary>
    public void CallEnded() => Interlocked.Decrement(ref _calls);

    /// <summary>From here on calls can be sent.</summary>
    public void Connected() => _hasConnected = true;

    /// <summary>A silo has no version in common with this process.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Refused(TagCacheVersionException refusal) => Interlocked.Exchange(ref _refusal, refusal) is null;

    /// <summary>Every silo has a version in common with this process.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Accepted() => Interlocked.Exchange(ref _refusal, null) is not null;

    /// <summary>From here on calls are not sent any more, for good.</summary>
    public void Close() => _closing.Cancel();

    /// <summary>Of a call that no factory can serve, while it cannot be sent; null while it can.</summary>
    public TagCacheUnavailableException? WhyNot(string what)
    {
        var refusal = Refusal;
        return IsConnected ? null
            : Closed.IsCancellationRequested ? Not(CacheErrorCodes.Stopping, $"The {what} was not started: this process's host is stopping or has stopped, and with it its connection to the cluster.", null)
            : refusal is not null ? Not(CacheErrorCodes.VersionRefused, $"The {what} was not started. {refusal.Message}", refusal)
            : Not(CacheErrorCodes.NotConnected, $"The {what} was not started: this process has not been connected to the cluster yet. It connects when a silo answers; its log says why it is not connected.", null);

        TagCacheUnavailableException Not(string code, string text, Exception? cause)
        {
            using var wait = new CallWait(what, TimeSpan.Zero, this, endpoints: null, _time);
            return new(text, cause) { Code = code, Report = wait.Report() };
        }
    }

    /// <summary>Whether this call may try the cluster.</summary>
    public bool MayTry() => IsConnected && _gate.MayTry();

    /// <summary>It has answered.</summary>
    public void Reached()
    {
        Volatile.Write(ref _lastAnswer, _time.Now().Ticks);
        if (_gate.Succeeded())
        {
            LogReachable();
        }
    }

    /// <summary>A call has used up its patience.</summary>
    public void NotReached(Exception exception)
    {
        Failed(exception);
        if (IsConnected && _gate.Failed())
        {
            using var wait = new CallWait("read", TimeSpan.Zero, this, endpoints: null, _time);
            LogUnreachable(exception.GetType().Name, wait.Report().State());
        }
    }

    /// <summary>One attempt of a call failed; that says little of the cluster.</summary>
    public void Failed(Exception exception) => LogCallFailed(exception);

    public void Dispose()
    {
        Close();
        _closing.Dispose();
    }

    [LoggerMessage(2101, LogLevel.Warning, "The cache cluster cannot be reached ({Fault}); factories run and nothing is stored until it can. {State}")]
    private partial void LogUnreachable(string fault, string state);

    [LoggerMessage(2102, LogLevel.Information, "The cache cluster can be reached again")]
    private partial void LogReachable();

    [LoggerMessage(2103, LogLevel.Debug, "A call to the cache cluster failed")]
    private partial void LogCallFailed(Exception exception);
}
