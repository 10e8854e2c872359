using System.Threading.Channels;
using OrleansTagCache.Entries;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Moving;

/// <summary>
/// The way of entries to one silo: batches under its tickets, one after the other, with a rest after each. A silo that does not
/// take them, again and again, holds up no other: nothing more is tried then.
/// </summary>
/// <remarks>One caller adds; the batches are sent by a loop of their own.</remarks>
internal sealed class MoveLane
{
    /// <summary>About so many bytes are sent at once: what readers ask the same silo for waits behind them.</summary>
    public const int BatchBytes = 1 << 18;

    /// <summary>No more entries are sent at once.</summary>
    public const int BatchEntries = 256;

    /// <summary>What an open update, or a generation, keeps back is offered once more after this.</summary>
    public static readonly TimeSpan SecondOffer = TimeSpan.FromMilliseconds(200);

    private readonly MoveRate _rate;
    private readonly MovePace _pace;
    private readonly TimeProvider _time;
    private readonly Action<SentCopy> _moved;
    private readonly CancellationToken _stop;

    /// <summary>References alone: values are read when their batch is sent.</summary>
    private readonly Channel<List<EntrySlot>> _batches = Channel.CreateUnbounded<List<EntrySlot>>();

    private readonly Task _sending;
    private List<EntrySlot> _open = [];
    private long _openBytes;
    private volatile bool _hasFailed;
    private TimeSpan _took;

    /// <param name="silo">The silo.</param>
    /// <param name="peers">The way to it.</param>
    /// <param name="store">Where the values are.</param>
    /// <param name="rate">How fast they go.</param>
    /// <param name="pace">How long it rests after each batch.</param>
    /// <param name="time">The clock.</param>
    /// <param name="moved">Is told once what became of each: without a status for one that had no live value when its turn came, or could not be sent.</param>
    /// <param name="stop">Ends it.</param>
    public MoveLane(SiloAddress silo, IPeers peers, EntryStore store, MoveRate rate, MovePace pace, TimeProvider time, Action<SentCopy> moved, CancellationToken stop)
    {
        (_rate, _pace, _time, _moved, _stop) = (rate, pace, time, moved, stop);
        _sending = Task.Run(() => SendBatches(new(silo, peers, store, time, isForStandby: false, stop)), CancellationToken.None);
    }

    /// <summary>Ends when nothing is on its way any more, whatever became of it.</summary>
    public Task Ended => _sending;

    /// <summary>Whether the silo did not take what was meant for it.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Sends an entry with the next batch.</summary>
    public void Add(EntrySlot slot)
    {
        _open.Add(slot);
        _openBytes += slot.Value?.Bytes ?? 0;
        if (_openBytes >= BatchBytes || _open.Count == BatchEntries)
        {
            Close();
        }
    }

    /// <summary>Sends what is left; nothing is added any more.</summary>
    public void Complete()
    {
        if (_open.Count > 0)
        {
            Close();
        }

        _batches.Writer.TryComplete();
    }

    private void Close()
    {
        _batches.Writer.TryWrite(_open);
        (_open, _openBytes) = ([], 0);
    }

    private async Task SendBatches(CopySender sender)
    {
        List<EntrySlot> again = [];
        await foreach (var batch in _batches.Reader.ReadAllAsync(_stop))
        {
            await Send(sender, batch, again);
        }

        if (again.Count > 0)
        {
            await Task.Delay(SecondOffer, _time, _stop);
            sender.Renew();
            foreach (var batch in again.Chunk(BatchEntries))
            {
                await Send(sender, batch, again: null);
            }
        }
    }

    private async Task Send(CopySender sender, IReadOnlyList<EntrySlot> batch, List<EntrySlot>? again)
    {
        foreach (var copy in await TrySend(sender, batch) ?? [.. batch.Select(static slot => new SentCopy(slot, Value: null, Status: null))])
        {
            if (copy.IsKeptBack && again is not null)
            {
                again.Add(copy.Slot);
            }
            else
            {
                _moved(copy);
            }
        }

        if (!_hasFailed && _batches.Reader.Count is > 0 and var left)
        {
            await Task.Delay(_pace.After(_took, left), _time, _stop);
        }
    }

    /// <returns>What became of each; null if the silo takes nothing.</returns>
    private async Task<List<SentCopy>?> TrySend(CopySender sender, IReadOnlyList<EntrySlot> batch)
    {
        if (_hasFailed)
        {
            return null;
        }

        // Before the ticket, which is not good for long.
        await _rate.Pass(batch.Sum(static slot => slot.Value?.Bytes ?? 0), _stop);
        var begun = _time.GetTimestamp();
        var sent = await sender.Send(batch);
        (_hasFailed, _took) = (sent is null, _time.GetElapsedTime(begun));
        return sent;
    }
}
