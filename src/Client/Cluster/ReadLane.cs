using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Cluster;

/// <summary>The reads of one silo: so many messages are under way at a time, and whoever comes meanwhile shares the next.</summary>
/// <remarks>Thread-safe: one lock, held for a few field writes. Messages are sent and answered in no reader's context.</remarks>
internal sealed class ReadLane(Func<ReadQuestions, Task<ReadAnswers>> send)
{
    private const int MaximumKeys = 64;

    /// <summary>More than one, so that the silo is busy while an answer is on its way; few, so that messages are full when there is much to read.</summary>
    private const int MaximumUnderWay = 4;

    /// <summary>Full messages that wait. Beyond it the silo is too slow, and waiting here would have no end.</summary>
    private const int MaximumWaiting = 4;

    private readonly Lock _gate = new();
    private readonly Queue<Batch> _closed = [];
    private Batch? _open;
    private int _underWay;
    private long _avoidedUntil = Moment.Past.Ticks;

    /// <summary>Until when this silo is not asked, since it did not answer.</summary>
    public Moment AvoidedUntil
    {
        get => new(Volatile.Read(ref _avoidedUntil));
        set => Volatile.Write(ref _avoidedUntil, value.Ticks);
    }

    /// <summary>
    /// The fresh value; null if the silo has none to give, or too many wait. What is awaited here may go on in the thread that has many to serve: be
    /// short, or yield.
    /// </summary>
    public Task<Acquired?> Read(string scopedKey, SessionId[]? sessions)
    {
        var reader = new Reader(scopedKey);
        Batch? next = null;
        lock (_gate)
        {
            if (_open?.TryAdd(reader, sessions) != true)
            {
                if (_closed.Count == MaximumWaiting)
                {
                    return Task.FromResult<Acquired?>(null);
                }

                if (_open is not null)
                {
                    _closed.Enqueue(_open);
                }

                _open = new(reader, sessions);
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

        return reader.Answer.Task;
    }

    private async Task Send(Batch batch)
    {
        ReadAnswers answers;
        try
        {
            answers = await send(batch.Questions).ConfigureAwait(false);
            batch.Check(answers);
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

    private sealed record Reader(string ScopedKey)
    {
        public TaskCompletionSource<Acquired?> Answer { get; } = new();
    }

    /// <summary>Readers that share a message. They named the same sessions before they asked.</summary>
    private sealed class Batch(Reader first, SessionId[]? sessions)
    {
        private readonly List<Reader> _readers = [first];

        public ReadQuestions Questions => new([.. _readers.Select(reader => reader.ScopedKey)], sessions);

        public bool TryAdd(Reader reader, SessionId[]? named)
        {
            var fits = _readers.Count < MaximumKeys && named == sessions;
            if (fits)
            {
                _readers.Add(reader);
            }

            return fits;
        }

        /// <exception cref="InvalidOperationException">They are not the answers to these questions.</exception>
        public void Check(ReadAnswers answers)
        {
            if (answers.Entries.Length != _readers.Count || (answers.Near is { } near && near.Length != _readers.Count))
            {
                throw new InvalidOperationException($"A silo gave {answers.Entries.Length} answers to {_readers.Count} questions.");
            }
        }

        public void Answered(ReadAnswers answers)
        {
            for (var i = 0; i < _readers.Count; i++)
            {
                _readers[i].Answer.SetResult(
                    answers.Entries[i] is { } entry ? new(AcquireStatus.Fresh, entry, GenerationId.None, answers.Near?[i]) : null);
            }
        }

        public void Failed(Exception exception)
        {
            foreach (var reader in _readers)
            {
                reader.Answer.SetException(exception);

                // Some may not wait any more.
                _ = reader.Answer.Task.Exception;
            }
        }
    }
}
