using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;
using OrleansTagCache.Views;

namespace OrleansTagCache.Http.Streams;

/// <summary>
/// What the silos evict to make room, asked for once a second, however many readers there are, and only while someone reads. A reader has a place in a bounded log that all share, and is told of a gap wherever evictions may be missing: at
/// its beginning, when a silo has lost some, does not answer, comes or goes, and when the reader is too slow.
/// </summary>
/// <remarks>Thread-safe. One lock guards the log and the number of readers; nothing is called from within it. A loop of its own asks, one at a time.</remarks>
internal sealed partial class EvictionFeed(AllSilos silos, TimeProvider time, ILogger<EvictionFeed> logger)
{
    /// <summary>What is kept for the readers together; the last news are kept in any case, however many tags they have.</summary>
    private const int MostNews = 1_024;
    private const int MostTags = 50_000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A silo that has not answered by then is asked again in the next second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private readonly EvictionNews?[] _ring = new EvictionNews?[MostNews];
    private TaskCompletionSource _more = NewSource();
    private DateTimeOffset? _asked;
    private long _first;
    private long _next;
    private int _tags;
    private int _readers;
    private bool _isAsking;

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

    /// <summary>A reader, until it is disposed of.</summary>
    /// <param name="since">Since when it may have missed evictions.</param>
    public Reader Open(DateTimeOffset since)
    {
        lock (_gate)
        {
            _readers++;
            if (_isAsking)
            {
                return new(this, since);
            }

            _isAsking = true;
        }

        var places = new EvictionPlaces();
        _ = DetachedTask.Run(() => BackgroundLoop.Loop(() => Ask(places), LogFailed, time));
        return new(this, since);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Asks all silos, tells the readers, and waits for the next second. False if no one reads any more.</summary>
    private async Task<bool> Ask(EvictionPlaces places)
    {
        DateTimeOffset since;
        lock (_gate)
        {
            if (_readers == 0)
            {
                ForgetNeedsLock();
                return false;
            }

            since = _asked ?? time.GetUtcNow();
        }

        var (begun, asked) = (time.Now(), time.GetUtcNow());
        var answers = await silos.AskEach(
            ProtocolVersion.Evictions, (silo, peer) => new ValueTask<EvictedOnSilo>(peer.Evicted(places.Of(silo)).AsTask().WaitAsync(Patience, time)));
        var at = time.GetUtcNow();
        var gap = places.Take(answers);
        Tell(asked, [
            .. gap is null ? Array.Empty<EvictionNews>() : [EvictionNews.OfGap(since, gap)],
            .. answers.Where(answer => answer.Answer is { Tags.Length: > 0 }).Select(answer => new EvictionNews(at, answer.Silo.ToString(), answer.Answer!.Tags, Gap: null))]);
        var left = begun + Period - time.Now();
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        return true;
    }

    private void Tell(DateTimeOffset asked, EvictionNews[] news)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            var isFirst = _asked is null;
            _asked = asked;
            if (news.Length == 0 && !isFirst)
            {
                return;
            }

            foreach (var one in news)
            {
                AppendNeedsLock(one);
            }

            (told, _more) = (_more, NewSource());
        }

        told.SetResult();
    }

    private void AppendNeedsLock(EvictionNews news)
    {
        while (_next - _first == MostNews || (_next > _first && _tags + news.Tags.Length > MostTags))
        {
            ref var oldest = ref _ring[_first++ % MostNews];
            _tags -= oldest!.Tags.Length;
            oldest = null;
        }

        _ring[_next++ % MostNews] = news;
        _tags += news.Tags.Length;
    }

    /// <summary>Positions go on: no reader has any.</summary>
    private void ForgetNeedsLock()
    {
        Array.Clear(_ring);
        (_isAsking, _asked, _first, _tags) = (false, null, _next, 0);
    }

    [LoggerMessage(7011, LogLevel.Error, "The silos could not be asked for their evictions; they are asked again")]
    private partial void LogFailed(Exception exception);

    /// <summary>A reader's place. It has none before all silos have been asked for the first time: only from then on do they record what they evict.</summary>
    /// <remarks>Used by one flow at a time.</remarks>
    internal sealed class Reader(EvictionFeed feed, DateTimeOffset since) : IDisposable
    {
        private DateTimeOffset _since = since;
        private long? _place;

        /// <summary>The next news; null if there are none now.</summary>
        public EvictionNews? Next()
        {
            lock (feed._gate)
            {
                if (feed._asked is not { } asked || _place == feed._next)
                {
                    return null;
                }

                if (_place is not { } place || place < feed._first)
                {
                    var gap = EvictionNews.OfGap(_since, _place is null ? "new_reader" : "too_slow");
                    (_place, _since) = (feed._next, asked);
                    return gap;
                }

                _place = place + 1;
                var news = feed._ring[place % MostNews]!;
                _since = news.At > _since ? news.At : _since;
                return news;
            }
        }

        /// <summary>Ends when there are news.</summary>
        public Task More()
        {
            lock (feed._gate)
            {
                return feed._asked is not null && _place != feed._next ? Task.CompletedTask : feed._more.Task;
            }
        }

        public void Dispose()
        {
            lock (feed._gate)
            {
                feed._readers--;
            }
        }
    }
}
