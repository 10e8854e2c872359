using System.Threading.Channels;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Moving;

/// <summary>The way of entries to one silo: batches under its tickets, two at a time. A silo that does not take them, again and again, holds up no other: nothing more is tried then.</summary>
/// <remarks>One caller adds; the batches are sent by loops of their own.</remarks>
internal sealed class MoveLane
{
    private const int BatchBytes = 1 << 20;
    private const int BatchEntries = 1_024;
    private const int AtATime = 2;

    /// <summary>What an open update, or a generation, keeps back is offered once more after this.</summary>
    private static readonly TimeSpan SecondOffer = TimeSpan.FromMilliseconds(200);

    /// <summary>How often a silo is tried that does not answer, or does not serve.</summary>
    private const int MostFailures = 5;

    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a ticket is kept for the next batch: it is old by then, by the clock of the silo that issued it.</summary>
    private static readonly TimeSpan TicketPatience = TicketBook.Lifetime / 2;

    private readonly SiloAddress _silo;
    private readonly IPeers _peers;
    private readonly EntryStore _store;
    private readonly MoveRate _rate;
    private readonly TimeProvider _time;
    private readonly Action<EntrySlot, StoredValue?, CopyStatus?> _moved;
    private readonly CancellationToken _stop;

    /// <summary>References alone: values are read when their batch is sent.</summary>
    private readonly Channel<List<EntrySlot>> _batches = Channel.CreateUnbounded<List<EntrySlot>>();

    private readonly Task _sending;
    private List<EntrySlot> _open = [];
    private long _openBytes;
    private volatile bool _hasFailed;

    /// <param name="silo">The silo.</param>
    /// <param name="peers">The way to it.</param>
    /// <param name="store">Where the values are.</param>
    /// <param name="rate">How fast they go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="moved">Is told once what became of each: null for one that had no live value when its turn came, or could not be sent.</param>
    /// <param name="stop">Ends it.</param>
    public MoveLane(SiloAddress silo, IPeers peers, EntryStore store, MoveRate rate, TimeProvider time, Action<EntrySlot, StoredValue?, CopyStatus?> moved, CancellationToken stop)
    {
        (_silo, _peers, _store, _rate, _time, _moved, _stop) = (silo, peers, store, rate, time, moved, stop);
        _sending = Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => Task.Run(SendBatches)));
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

    private async Task SendBatches()
    {
        var ticket = HeldTicket.None;
        List<EntrySlot> again = [];
        await foreach (var batch in _batches.Reader.ReadAllAsync(_stop))
        {
            ticket = await Send(batch, ticket, again);
        }

        if (again.Count > 0)
        {
            await Task.Delay(SecondOffer, _time, _stop);

            // Under a ticket from after what kept them back.
            ticket = HeldTicket.None;
            foreach (var batch in again.Chunk(BatchEntries))
            {
                ticket = await Send([.. batch], ticket, again: null);
            }
        }
    }

    /// <summary>Sends one batch, and returns the ticket for the next.</summary>
    private async Task<HeldTicket> Send(List<EntrySlot> batch, HeldTicket ticket, List<EntrySlot>? again)
    {
        // Before the ticket, which is not good for long.
        await _rate.Pass(batch.Sum(static slot => slot.Value?.Bytes ?? 0), _stop);
        for (var failures = 0; failures < MostFailures && !_hasFailed; failures++)
        {
            try
            {
                if (!ticket.IsGood(_time.Now()) && (ticket = await Ask()).Id.IsNone)
                {
                    await Task.Delay(FailurePause, _time, _stop);
                    continue;
                }

                // Read after the ticket has come, never before.
                var (copies, sources) = Read(batch);
                if (copies.Length == 0)
                {
                    return ticket;
                }

                batch = sources.ConvertAll(static source => source.Slot);
                var receipt = await _peers.On(_silo).Take(ticket.Id, copies).AsTask().WaitAsync(_stop);
                ticket = new(receipt.Next, _time.Now());
                if (!receipt.Statuses.Contains(CopyStatus.UnknownTicket))
                {
                    Answer(sources, receipt.Statuses, again);
                    return ticket;
                }
            }
            catch (Exception) when (!_stop.IsCancellationRequested)
            {
                ticket = HeldTicket.None;
                await Task.Delay(FailurePause, _time, _stop);
            }
        }

        _hasFailed = true;
        batch.ForEach(slot => _moved(slot, null, null));
        return HeldTicket.None;
    }

    private async Task<HeldTicket> Ask() => new(await _peers.On(_silo).Ticket().AsTask().WaitAsync(_stop), _time.Now());

    private (EntryCopy[] Copies, List<(EntrySlot Slot, StoredValue Value)> Sources) Read(List<EntrySlot> batch)
    {
        var copies = new List<EntryCopy>(batch.Count);
        var sources = new List<(EntrySlot Slot, StoredValue Value)>(batch.Count);
        foreach (var slot in batch)
        {
            if (_store.CopyOf(slot) is var (copy, value))
            {
                copies.Add(copy);
                sources.Add((slot, value));
            }
            else
            {
                _moved(slot, null, null);
            }
        }

        return ([.. copies], sources);
    }

    private void Answer(List<(EntrySlot Slot, StoredValue Value)> sources, CopyStatus[] statuses, List<EntrySlot>? again)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            var (slot, value) = sources[i];
            var isKeptBack = statuses[i] is CopyStatus.Superseded or CopyStatus.InFlight or CopyStatus.NotServing;
            if (isKeptBack && again is not null)
            {
                again.Add(slot);
            }
            else
            {
                _moved(slot, value, statuses[i]);
            }
        }
    }

    /// <summary>A ticket for the next batch, and when it came.</summary>
    private readonly record struct HeldTicket(TicketId Id, Moment At)
    {
        public static readonly HeldTicket None = new(TicketId.None, Moment.Past);

        public bool IsGood(Moment now) => !Id.IsNone && now - At < TicketPatience;
    }
}
