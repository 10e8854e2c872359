using System.Runtime.CompilerServices;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Streams;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;
using OrleansTagCache.Views;

namespace OrleansTagCache.Http.Boards;

/// <summary>What an event of <c>/v1/traffic</c> tells. Counters rise from the start of each silo.</summary>
internal sealed record Traffic(DateTimeOffset At, MemberTraffic[] Members, string[] Unreachable);

/// <summary>One member.</summary>
internal sealed record MemberTraffic(
    string Silo,
    bool Serving,
    double LeaseSeconds,
    long Entries,
    long Bytes,
    long MaximumBytes,
    int OpenUpdates,
    string[] DelayedBy,
    int Holds,
    int Sessions,
    int Interest,
    int Pushes,
    int NearEntries,
    long ToSend,
    long Evictions,
    long Hits,
    long Stale,
    long Misses,
    long Near,
    long Updates,
    double UpdateSeconds,
    TimesBucket[] UpdateBuckets);

/// <summary>How many updates took at most so many seconds; null for all.</summary>
internal sealed record TimesBucket(double? Le, long Count);

/// <summary>
/// What the silos do, once a second. However many readers there are, the silos are asked once a second in all, and only while someone reads. A reader that is slow gets the newest state, and nothing of what it has missed.
/// </summary>
/// <remarks>Thread-safe. One lock guards the number of readers, the last state and who waits for the next; nothing is called from within it.</remarks>
internal sealed partial class TrafficFeed(AllSilos silos, TimeProvider time, ILogger<TrafficFeed> logger)
{
    private const string EventName = "traffic";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A silo that has not answered by then is not in the state of this second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private TaskCompletionSource<State> _next = NewSource();
    private State? _last;
    private int _readers;
    private bool _isAsking;
    private long _rounds;

    /// <summary>How often the silos have been asked.</summary>
    public long Rounds => Interlocked.Read(ref _rounds);

    /// <summary>How many read.</summary>
    public int Readers
    {
        get
        {
            lock (_gate)
            {
                return _readers;
            }
        }
    }

    /// <summary>The state now, and then each next one.</summary>
    public async IAsyncEnumerable<StreamItem> Read([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            var seen = 0L;
            while (true)
            {
                var state = await After(seen).WaitAsync(cancellationToken);
                seen = state.Number;
                yield return StreamItem.Of(EventName, state.Json);
            }
        }
        finally
        {
            lock (_gate)
            {
                _readers--;
            }
        }
    }

    private static TaskCompletionSource<State> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Enter()
    {
        lock (_gate)
        {
            _readers++;
            if (_isAsking)
            {
                return;
            }

            _isAsking = true;
        }

        _ = DetachedTask.Run(() => BackgroundLoop.Loop(Ask, LogFailed, time));
    }

    private Task<State> After(long seen)
    {
        lock (_gate)
        {
            return _last is { } last && last.Number > seen ? Task.FromResult(last) : _next.Task;
        }
    }

    /// <summary>Asks all silos, tells the readers, and waits for the next second. False if no one reads any more.</summary>
    private async Task<bool> Ask()
    {
        lock (_gate)
        {
            if (_readers == 0)
            {
                (_isAsking, _last) = (false, null);
                return false;
            }
        }

        var begun = time.Now();
        var answers = await silos.AskEach(ProtocolVersion.Boards, peer => new ValueTask<TrafficReport>(peer.Traffic().AsTask().WaitAsync(Patience, time)));
        var traffic = new Traffic(
            time.GetUtcNow(),
            [.. answers.Select(asked => asked.Answer).OfType<TrafficReport>().Select(Of).OrderBy(member => member.Silo, StringComparer.Ordinal)],
            [.. answers.Where(asked => asked.Answer is null).Select(asked => asked.Silo.ToString())]);
        Tell(new(Interlocked.Increment(ref _rounds), JsonAnswer.Part(traffic)));
        var left = begun + Period - time.Now();
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        return true;
    }

    private void Tell(State state)
    {
        TaskCompletionSource<State> told;
        lock (_gate)
        {
            (told, _next, _last) = (_next, NewSource(), state);
        }

        told.SetResult(state);
    }

    private static MemberTraffic Of(TrafficReport told)
    {
        var (silo, times) = (told.Silo, told.Updates);
        var buckets = new TimesBucket[times.Counts.Length];
        var sum = 0L;
        for (var i = 0; i < buckets.Length; i++)
        {
            sum += times.Counts[i];
            buckets[i] = new(i < times.Bounds.Length ? times.Bounds[i] : null, sum);
        }

        return new(
            silo.Silo,
            silo.IsServing,
            Math.Round(silo.Lease.TotalSeconds, 3),
            silo.Entries,
            silo.Bytes,
            silo.MaximumBytes,
            silo.OpenUpdates,
            silo.DelayedBy,
            silo.Holds,
            silo.Sessions,
            silo.Interest,
            silo.Pushes,
            silo.NearEntries,
            silo.ToSend,
            silo.Evictions,
            silo.Hits,
            silo.StaleHits,
            silo.Misses,
            told.NearHits,
            sum,
            Math.Round(times.Total.TotalSeconds, 6),
            buckets);
    }

    private sealed record State(long Number, byte[] Json);

    [LoggerMessage(7010, LogLevel.Error, "The silos could not be asked for their traffic; they are asked again")]
    private partial void LogFailed(Exception exception);
}
