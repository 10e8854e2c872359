using OrleansTagCache.Entries;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Moving;

/// <summary>The way of copies to one silo that is a standby, for as long as it is one: what is stored is gathered for a moment, and sent in batches.</summary>
/// <remarks>Thread-safe. One loop sends. What the silo does not take is not kept for it: it is asked now and then, and sent everything once it answers.</remarks>
internal sealed class StandbyLane
{
    /// <summary>So long is gathered: a set's own update is over by then, as a rule.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    /// <summary>Between two questions to a silo that takes nothing.</summary>
    private static readonly TimeSpan MissedPause = TimeSpan.FromSeconds(1);

    private readonly CopySender _sender;
    private readonly MoveRate _rate;
    private readonly TimeProvider _time;
    private readonly Func<Task> _sendAll;
    private readonly CancellationToken _stop;
    private readonly Lock _gate = new();

    /// <summary>What is to be sent, and whether it was offered before.</summary>
    private readonly Dictionary<EntrySlot, bool> _waiting = [];

    /// <summary>In which order: what is stored again and again keeps its turn.</summary>
    private readonly Queue<EntrySlot> _turns = [];

    private TaskCompletionSource _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasMissed;
    private bool _isCatchingUp;
    private int _underWay;

    /// <param name="sender">The way to the silo.</param>
    /// <param name="rate">How fast copies go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="sendAll">The silo has missed some, and answers again: adds all that it is to have.</param>
    /// <param name="failed">Hears of faults.</param>
    /// <param name="stop">Ends it.</param>
    public StandbyLane(CopySender sender, MoveRate rate, TimeProvider time, Func<Task> sendAll, Action<Exception> failed, CancellationToken stop)
    {
        (_sender, _rate, _time, _sendAll, _stop) = (sender, rate, time, sendAll, stop);
        _ = Task.Run(() => BackgroundLoop.Loop(Round, failed, time, stop), CancellationToken.None);
    }

    /// <summary>
    /// How many entries wait to be sent, are on their way, or are offered again in a moment; and whether it lacks more than those: it took nothing when it was asked last, or all that it is to
    /// have is being added since it answers again.
    /// </summary>
    public (long Waiting, bool IsBehind) Backlog
    {
        get
        {
            lock (_gate)
            {
                return (_waiting.Count + _underWay, _hasMissed || _isCatchingUp);
            }
        }
    }

    /// <summary>Whether the silo took nothing when it was asked last: no copy is waited for, and it is sent everything once it answers.</summary>
    public bool HasMissed
    {
        get
        {
            lock (_gate)
            {
                return _hasMissed;
            }
        }
    }

    /// <summary>Sends what the entry has by then.</summary>
    public void Add(EntrySlot slot) => Add(slot, isSecond: false);

    /// <summary>The silo has not taken a copy in time.</summary>
    public void Miss()
    {
        lock (_gate)
        {
            _hasMissed = true;
            _waiting.Clear();
            _turns.Clear();
            _offered.TrySetResult();
        }
    }

    private void Add(EntrySlot slot, bool isSecond)
    {
        lock (_gate)
        {
            if (_hasMissed)
            {
                return;
            }

            // A new value is offered twice, whatever became of the one before.
            if (_waiting.TryAdd(slot, isSecond))
            {
                _turns.Enqueue(slot);
            }
            else
            {
                _waiting[slot] &= isSecond;
            }

            _offered.TrySetResult();
        }
    }

    private async Task<bool> Round()
    {
        if (HasMissed)
        {
            await Task.Delay(MissedPause, _time, _stop);
            if (await _sender.IsAnswered())
            {
                await Answers();
            }

            return true;
        }

        await Offered().WaitAsync(_stop);
        await Task.Delay(Gathering, _time, _stop);
        var batch = Take();
        int? leftOver = null;
        try
        {
            leftOver = await Send(batch);
        }
        finally
        {
            if (leftOver is null)
            {
                Miss();
            }

            Arrived(batch.Count - (leftOver ?? 0));
        }

        return true;
    }

    /// <returns>How many are offered again in a moment; null if the silo took nothing.</returns>
    private async Task<int?> Send(Dictionary<EntrySlot, bool> batch)
    {
        await _rate.Pass(batch.Keys.Sum(static slot => slot.Value?.Bytes ?? 0), _stop);

        // What was kept back is over by now, if the ticket is from now.
        _sender.Renew();
        if (await _sender.Send([.. batch.Keys]) is not { } sent)
        {
            return null;
        }

        EntrySlot[] again = [.. sent.Where(copy => copy.IsKeptBack && !batch[copy.Slot]).Select(static copy => copy.Slot)];
        if (again.Length > 0)
        {
            _ = OfferAgain(again);
        }

        return again.Length;
    }

    private async Task Answers()
    {
        lock (_gate)
        {
            (_hasMissed, _isCatchingUp) = (false, true);
        }

        try
        {
            await _sendAll();
        }
        catch (Exception)
        {
            Miss();
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _isCatchingUp = false;
            }
        }
    }

    private void Arrived(int count)
    {
        lock (_gate)
        {
            _underWay -= count;
        }
    }

    private Task Offered()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || _hasMissed)
            {
                return Task.CompletedTask;
            }

            _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _offered.Task;
        }
    }

    private Dictionary<EntrySlot, bool> Take()
    {
        lock (_gate)
        {
            var (batch, bytes) = (new Dictionary<EntrySlot, bool>(), 0L);
            while (bytes < MoveLane.BatchBytes && batch.Count < MoveLane.BatchEntries && _turns.TryDequeue(out var slot))
            {
                _waiting.Remove(slot, out var isSecond);
                batch.Add(slot, isSecond);
                bytes += slot.Value?.Bytes ?? 0;
            }

            _underWay += batch.Count;
            return batch;
        }
    }

    private async Task OfferAgain(EntrySlot[] slots)
    {
        await Task.Delay(MoveLane.SecondOffer, _time, _stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Array.ForEach(slots, slot => Add(slot, isSecond: true));
        Arrived(slots.Length);
    }
}
