namespace OrleansTagCache.Outbox;

/// <summary>What saves of this process tell its drainer: rows that are done, and rows that should be drained at once.</summary>
/// <remarks>Thread-safe. It is a hint: a row that it forgets is drained when it has been seen for long enough.</remarks>
internal class OutboxQueue
{
    /// <summary>Beyond, rows are left to be found.</summary>
    private const int Most = 100_000;

    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _done = [];
    private readonly HashSet<Guid> _urgent = [];
    private TaskCompletionSource _signal = NewSignal();

    /// <summary>The holds of its transaction are released: it may be deleted.</summary>
    public void Done(Guid row) => Add(_done, row);

    /// <summary>Its tags could not be held, or their release was not confirmed.</summary>
    public void Urgent(Guid row) => Add(_urgent, row);

    /// <summary>Waits until there is something to do, or for as long as is said.</summary>
    public async Task Wait(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await Volatile.Read(ref _signal).Task.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);

            // Before what there is is taken: what comes from now on is heard.
            Volatile.Write(ref _signal, NewSignal());
        }
        catch (TimeoutException)
        {
            // It looks all the same.
        }
    }

    public Guid[] TakeDone()
    {
        lock (_lock)
        {
            Guid[] rows = [.. _done];
            _done.Clear();
            _urgent.ExceptWith(rows);
            return rows;
        }
    }

    public Guid[] AllUrgent()
    {
        lock (_lock)
        {
            return [.. _urgent];
        }
    }

    public void NotUrgent(IEnumerable<Guid> rows)
    {
        lock (_lock)
        {
            _urgent.ExceptWith(rows);
        }
    }

    private void Add(HashSet<Guid> rows, Guid row)
    {
        lock (_lock)
        {
            if (rows.Count < Most)
            {
                rows.Add(row);
            }
        }

        Volatile.Read(ref _signal).TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The queue of the contexts of one type.</summary>
internal sealed class OutboxQueue<TContext> : OutboxQueue;
