using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>One call that waits for the cluster: notes what explains its end, should it be one that its caller has to be told of. Disposed of when the call is over.</summary>
/// <remarks>Not thread-safe, but for the count of calls in flight: it belongs to one call.</remarks>
internal sealed class CallWait : IDisposable
{
    private const int MostSilent = 8;
    private const int LongestName = 128;

    private readonly string _operation;
    private readonly TimeSpan _limit;
    private readonly Reachability _reachability;
    private readonly SiloEndpoints? _endpoints;
    private readonly TimeProvider _time;
    private readonly Moment _begun;
    private readonly TimeSpan _pausesBefore = GC.GetTotalPauseDuration();
    private Unacknowledged[] _waiting = [];

    public CallWait(string operation, TimeSpan limit, Reachability reachability, SiloEndpoints? endpoints, TimeProvider time)
    {
        (_operation, _limit, _reachability, _endpoints, _time, _begun) = (operation, limit, reachability, endpoints, time, time.Now());
        reachability.CallBegan();
    }

    public int Attempts { get; private set; }

    public int Answers { get; private set; }

    public void Tries() => Attempts++;

    /// <summary>A silo has answered.</summary>
    /// <param name="waiting">Whom it still waits for, if it says so.</param>
    public void Answered(Unacknowledged[]? waiting)
    {
        Answers++;
        _waiting = waiting ?? _waiting;
    }

    /// <summary>How things are now.</summary>
    public WaitReport Report()
    {
        ThreadPool.GetMinThreads(out var minimum, out _);
        var now = _time.Now();
        var (silent, last) = _endpoints?.Contacts(MostSilent) ?? ([], null);
        return new()
        {
            Operation = _operation,
            Waited = now - _begun,
            Limit = _limit,
            Attempts = Attempts,
            Answers = Answers,
            WaitsFor = [.. _waiting.Take(Unacknowledged.Most).Select(process => new WaitedForProcess(Short(process.Name), process.Silo is { } silo ? Short(silo) : null, process.For, process.LeaseLeft, process.IsDead))],
            IsConnected = _reachability.IsConnected,
            LastAnswer = now - (last is { At: var at } && !(_reachability.LastAnswer > at) ? at : _reachability.LastAnswer),
            LastSilo = last?.Silo.ToString(),
            SilentSilos = [.. silent.Select(silo => silo.ToString())],
            CallsInFlight = _reachability.CallsInFlight,
            PoolThreads = ThreadPool.ThreadCount,
            PoolMinimum = minimum,
            PoolQueued = ThreadPool.PendingWorkItemCount,
            CollectorPauses = GC.GetTotalPauseDuration() - _pausesBefore,
        };
    }

    public void Dispose() => _reachability.CallEnded();

    private static string Short(string name) => name.Length > LongestName ? name[..LongestName] : name;
}
