using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Transport;

/// <summary>
/// Requests of one kind to one silo: a few messages are on their way at a time, and requests that come during that share the next. No request waits for others to join, only for
/// messages that are under way.
/// </summary>
/// <remarks>Thread-safe: one lock, held for a few field writes, and longer only when a silo does not answer. Messages are sent and answered in no caller's context.</remarks>
/// <param name="send">Sends a message.</param>
/// <param name="patience">How long its answer is waited for.</param>
/// <param name="queueing">How long a request waits until it is sent; looked at whenever a message ends. A silo that takes longer is too slow: the request is given up unsent.</param>
/// <param name="time">The clock.</param>
/// <param name="heard">Is told of every message: null if it was answered, else what went wrong.</param>
/// <param name="maximumRequests">How many requests share a message at most.</param>
/// <param name="tellsInTurn">Whether the answers of a message are told one after the other on one thread, at once: only where what awaits them takes little time, as sending the next request does, and runs no code of users.</param>
internal sealed class RequestBatcher<TRequest, TAnswer>(
    Func<TRequest[], SessionId[]?, Task<TAnswer?[]>> send, TimeSpan patience, TimeSpan queueing, TimeProvider time, Action<Exception?> heard, int maximumRequests = 64, bool tellsInTurn = false)
    where TAnswer : class
{
    /// <summary>A message with more is closed: what comes then goes with the next.</summary>
    private const int MaximumBytes = 1 << 18;

    /// <summary>More than one, so that the silo is busy while an answer is on its way; few, so that messages are full under load.</summary>
    private const int MaximumUnderWay = 4;

    /// <summary>Full messages that wait: what a hundred calls of 512 keys send at once. Their number is bounded, as every queue is; that they do not wait long is <c>queueing</c>'s part.</summary>
    private const int MaximumWaiting = 1_024;

    /// <summary>What they carry together, but for the last.</summary>
    private const int MaximumWaitingBytes = 1 << 26;

    private readonly Lock _gate = new();
    private readonly Queue<Batch> _closed = [];
    private Batch? _open;
    private int _waitingBytes;
    private int _underWay;

    /// <summary>
    /// Sends a request; the answer is null if the silo has none, or it could not be sent in time. What awaits it continues on the thread pool, and holds up no other: users' code comes next,
    /// and may wait for the answer to another request of the same message.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="sessions">The sessions that the request names. Only requests that name the same ones share a message.</param>
    /// <param name="bytes">Roughly how much it carries.</param>
    public Call Send(TRequest request, SessionId[]? sessions, int bytes = 0)
    {
        var caller = new Call(request);
        Batch? next = null;
        lock (_gate)
        {
            if (_open?.TryAdd(caller, sessions, bytes, maximumRequests) != true)
            {
                if (_closed.Count == MaximumWaiting || _waitingBytes > MaximumWaitingBytes)
                {
                    caller.GiveUp(isHere: true);
                    return caller;
                }

                if (_open is not null)
                {
                    _closed.Enqueue(_open);
                    _waitingBytes += _open.Bytes;
                }

                _open = new(this, caller, sessions, bytes, time.Now());
            }

            if (_underWay < MaximumUnderWay)
            {
                _underWay++;
                next = TakeNeedsLock();
            }
        }

        if (next is not null)
        {
            Begin(next);
        }

        return caller;
    }

    /// <summary>At once where the thread allows it: to wake another takes longer than to write a message.</summary>
    private static void Begin(Batch batch)
    {
        if (NoContext.IsHere)
        {
            NoContext.Run(static batch => ((Batch)batch!).Send(), batch);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(batch, preferLocal: true);
        }
    }

    private async Task SendBatch(Batch batch)
    {
        TAnswer?[] answers;
        Task<TAnswer?[]>? sent = null;
        try
        {
            sent = send(batch.Requests, batch.Sessions);

            // Not on this thread, even if the answer is there already: it may be a caller's, and other callers are told next.
            answers = batch.Check(await sent.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.ForceYielding));
        }
        catch (Exception exception)
        {
            if (sent is null)
            {
                // So is a message that cannot be sent, and the next may be of the kind.
                await PoolYield.Go();
            }

            heard(exception);

            // A silo that does not answer: requests that queued behind this message have waited already, and their callers take another way at once.
            var waiting = exception is TimeoutException or OrleansException ? TakeAll() : [];
            Next();
            waiting.ForEach(other => other.GivenUp());
            batch.Failed(exception, sent);
            return;
        }

        heard(null);
        Next();
        batch.Answered(answers, tellsInTurn);
    }

    /// <summary>One message is not under way any more: the next goes before the answers are told.</summary>
    private void Next()
    {
        Batch? next;
        List<Batch>? late = null;
        lock (_gate)
        {
            while ((next = TakeNeedsLock()) is not null && time.Now() - next.Begun > queueing)
            {
                (late ??= []).Add(next);
            }

            _underWay -= next is null ? 1 : 0;
        }

        if (next is not null)
        {
            _ = SendBatch(next);
        }

        late?.ForEach(other => other.GivenUp());
    }

    private List<Batch> TakeAll()
    {
        var all = new List<Batch>();
        lock (_gate)
        {
            while (TakeNeedsLock() is { } batch)
            {
                all.Add(batch);
            }
        }

        return all;
    }

    private Batch? TakeNeedsLock()
    {
        if (_closed.TryDequeue(out var batch))
        {
            _waitingBytes -= batch.Bytes;
        }
        else
        {
            (batch, _open) = (_open, null);
        }

        return batch;
    }

    /// <summary>A request and what becomes of it.</summary>
    internal sealed class Call(TRequest request) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource<TAnswer?> _answer = new();
        private TAnswer? _told;
        private Exception? _fault;
        private Task<TAnswer?[]>? _sent;
        private int _place;

        public TRequest Request => request;

        /// <summary>Whether it was not sent at all, since the silo did not answer those before it, or too many wait: its answer is null then.</summary>
        public bool IsUnsent { get; private set; }

        /// <summary>In time, or a fault.</summary>
        public Task<TAnswer?> Answer => _answer.Task;

        /// <summary>The answer, also if it comes when no caller waits for it any more; null if none ever does.</summary>
        public async Task<TAnswer?> Whenever()
        {
            try
            {
                return await Answer.ConfigureAwait(false);
            }
            catch (Exception)
            {
                return _sent is null ? null : (await _sent.ConfigureAwait(false))[_place];
            }
        }

        /// <summary>It is not sent any more.</summary>
        public void GiveUp(bool isHere)
        {
            IsUnsent = true;
            Tell(null, isHere);
        }

        /// <summary>Tells the answer. What awaits it continues on a thread of its own, unless it holds up no other on this one.</summary>
        public void Tell(TAnswer? answer, bool isHere)
        {
            _told = answer;
            if (isHere)
            {
                Tell();
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
            }
        }

        /// <summary>Tells a fault. What awaits it continues on a thread of its own: a message that could not be sent at all fails on the thread that has the answers of the one before to tell.</summary>
        public void Failed(Exception exception, Task<TAnswer?[]>? sent, int place)
        {
            (_fault, _sent, _place) = (exception, sent, place);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }

        void IThreadPoolWorkItem.Execute() => Tell();

        private void Tell()
        {
            if (_fault is null)
            {
                _answer.SetResult(_told);
                return;
            }

            _answer.SetException(_fault);

            // Some may not wait any more.
            _ = Answer.Exception;
        }
    }

    /// <summary>Requests that share a message. All of them name the same sessions.</summary>
    private sealed class Batch(RequestBatcher<TRequest, TAnswer> batcher, Call first, SessionId[]? sessions, int bytes, Moment begun) : IThreadPoolWorkItem
    {
        private readonly List<Call> _callers = [first];
        private int _bytes = bytes;

        public TRequest[] Requests => [.. _callers.Select(caller => caller.Request)];

        public SessionId[]? Sessions => sessions;

        public int Bytes => _bytes;

        /// <summary>When the first request came.</summary>
        public Moment Begun => begun;

        public void Send() => _ = batcher.SendBatch(this);

        void IThreadPoolWorkItem.Execute() => Send();

        public bool TryAdd(Call caller, SessionId[]? named, int bytes, int maximumRequests)
        {
            var fits = _callers.Count < maximumRequests && _bytes + bytes <= MaximumBytes && named == sessions;
            if (fits)
            {
                _callers.Add(caller);
                _bytes += bytes;
            }

            return fits;
        }

        /// <exception cref="InvalidOperationException">The answers do not match the requests.</exception>
        public TAnswer?[] Check(TAnswer?[] answers) => answers.Length == _callers.Count
            ? answers
            : throw new InvalidOperationException($"A silo gave {answers.Length} answers to {_callers.Count} requests.");

        public void Answered(TAnswer?[] answers, bool inTurn)
        {
            for (var i = 0; i < answers.Length; i++)
            {
                _callers[i].Tell(answers[i], isHere: inTurn || i == answers.Length - 1);
            }
        }

        public void Failed(Exception exception, Task<TAnswer?[]>? sent)
        {
            for (var i = 0; i < _callers.Count; i++)
            {
                _callers[i].Failed(exception, sent, i);
            }
        }

        /// <summary>It was not sent, and will not be.</summary>
        public void GivenUp() => _callers.ForEach(caller => caller.GiveUp(isHere: false));
    }
}
