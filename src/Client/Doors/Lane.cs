using OrleansTagCache.Coherence;

namespace OrleansTagCache.Doors;

/// <summary>
/// Questions of one kind to one silo: so many messages are under way at a time, and what comes meanwhile shares the next. Nothing waits for company, only for
/// messages that are under way.
/// </summary>
/// <remarks>Thread-safe: one lock, held for a few field writes. Messages are sent and answered in no caller's context.</remarks>
internal sealed class Lane<TQuestion, TAnswer>(Func<TQuestion[], SessionId[]?, Task<TAnswer?[]>> send)
    where TAnswer : class
{
    private const int MaximumQuestions = 64;

    /// <summary>A message with more is closed: what comes then goes with the next.</summary>
    private const int MaximumBytes = 1 << 18;

    /// <summary>More than one, so that the silo is busy while an answer is on its way; few, so that messages are full when there is much to ask.</summary>
    private const int MaximumUnderWay = 4;

    /// <summary>Full messages that wait. Beyond it the silo is too slow, and waiting here would have no end.</summary>
    private const int MaximumWaiting = 4;

    private readonly Lock _gate = new();
    private readonly Queue<Batch> _closed = [];
    private Batch? _open;
    private int _underWay;

    /// <summary>
    /// The answer; null if the silo has none, or too many wait. What is awaited here may go on in the thread that has many to serve: be
    /// short, or yield.
    /// </summary>
    /// <param name="question">What to ask.</param>
    /// <param name="sessions">The sessions that the question names. Only questions that name the same share a message.</param>
    /// <param name="bytes">Roughly how much it carries.</param>
    public Task<TAnswer?> Ask(TQuestion question, SessionId[]? sessions, int bytes = 0)
    {
        var caller = new Caller(question);
        Batch? next = null;
        lock (_gate)
        {
            if (_open?.TryAdd(caller, sessions, bytes) != true)
            {
                if (_closed.Count == MaximumWaiting)
                {
                    return Task.FromResult<TAnswer?>(null);
                }

                if (_open is not null)
                {
                    _closed.Enqueue(_open);
                }

                _open = new(caller, sessions, bytes);
            }

            if (_underWay < MaximumUnderWay)
            {
                _underWay++;
                next = TakeNeedsLock();
            }
        }

        if (next is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Lane.Send(work.Batch), (Lane: this, Batch: next), preferLocal: true);
        }

        return caller.Answer.Task;
    }

    private async Task Send(Batch batch)
    {
        TAnswer?[] answers;
        try
        {
            answers = batch.Check(await send(batch.Questions, batch.Sessions).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            // Those who came meanwhile have waited already: they ask otherwise at once.
            var waiting = TakeAll();
            Next();
            batch.Failed(exception);
            waiting.ForEach(other => other.Failed(exception));
            return;
        }

        Next();
        batch.Answered(answers);
    }

    /// <summary>One message is not under way any more: the next goes before the answers are told.</summary>
    private void Next()
    {
        Batch? next;
        lock (_gate)
        {
            next = TakeNeedsLock();
            _underWay -= next is null ? 1 : 0;
        }

        if (next is not null)
        {
            _ = Send(next);
        }
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
        if (!_closed.TryDequeue(out var batch))
        {
            (batch, _open) = (_open, null);
        }

        return batch;
    }

    private sealed record Caller(TQuestion Question)
    {
        public TaskCompletionSource<TAnswer?> Answer { get; } = new();
    }

    /// <summary>Those who share a message. They named the same sessions before they asked.</summary>
    private sealed class Batch(Caller first, SessionId[]? sessions, int bytes)
    {
        private readonly List<Caller> _callers = [first];
        private int _bytes = bytes;

        public TQuestion[] Questions => [.. _callers.Select(caller => caller.Question)];

        public SessionId[]? Sessions => sessions;

        public bool TryAdd(Caller caller, SessionId[]? named, int bytes)
        {
            var fits = _callers.Count < MaximumQuestions && _bytes + bytes <= MaximumBytes && named == sessions;
            if (fits)
            {
                _callers.Add(caller);
                _bytes += bytes;
            }

            return fits;
        }

        /// <exception cref="InvalidOperationException">They are not the answers to these questions.</exception>
        public TAnswer?[] Check(TAnswer?[] answers) => answers.Length == _callers.Count
            ? answers
            : throw new InvalidOperationException($"A silo gave {answers.Length} answers to {_callers.Count} questions.");

        public void Answered(TAnswer?[] answers)
        {
            for (var i = 0; i < answers.Length; i++)
            {
                _callers[i].Answer.SetResult(answers[i]);
            }
        }

        public void Failed(Exception exception)
        {
            foreach (var caller in _callers)
            {
                caller.Answer.SetException(exception);

                // Some may not wait any more.
                _ = caller.Answer.Task.Exception;
            }
        }
    }
}
