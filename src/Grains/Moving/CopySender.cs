using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Moving;

/// <summary>Sends copies of entries to one silo, under its tickets: each value is read after the ticket has come, never before.</summary>
/// <remarks>Not thread-safe: one batch at a time. Each answer carries the ticket for the next batch.</remarks>
internal sealed class CopySender(SiloAddress silo, IPeers peers, EntryStore store, TimeProvider time, bool isForStandby, CancellationToken stop)
{
    /// <summary>How often a silo is tried that does not answer, or does not serve.</summary>
    private const int MostFailures = 5;

    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a ticket is kept for the next batch: it is old by then, by the clock of the silo that issued it.</summary>
    private static readonly TimeSpan TicketPatience = TicketBook.Lifetime / 2;

    private TicketId _ticket = TicketId.None;
    private Moment _ticketAt = Moment.Past;

    /// <summary>The next batch is read under a ticket from now on: what kept the last one back may be over.</summary>
    public void Renew() => _ticket = TicketId.None;

    /// <summary>Sends what the entries have.</summary>
    /// <param name="batch">The entries.</param>
    /// <returns>What became of each: without a value for one that had none to send. Null if the silo did not take them.</returns>
    public async Task<List<SentCopy>?> Send(IReadOnlyList<EntrySlot> batch)
    {
        for (var failures = 0; failures < MostFailures; failures++)
        {
            try
            {
                while (!store.MayServe)
                {
                    // That is this silo's fault, and no reason to take the other one for silent.
                    await Task.Delay(FailurePause, time, stop);
                }

                if ((_ticket.IsNone || time.Now() - _ticketAt > TicketPatience) && !await HasAskedForTicket())
                {
                    await Task.Delay(FailurePause, time, stop);
                    continue;
                }

                var sent = Read(batch, out var copies);
                if (copies.Length < batch.Count && !store.MayServe)
                {
                    // It is not known that there is nothing to send.
                    failures--;
                    continue;
                }

                if (copies.Length == 0)
                {
                    return sent;
                }

                var ticket = _ticket;
                _ticket = TicketId.None;
                var receipt = await peers.On(silo).Take(ticket, copies).AsTask().WaitAsync(stop);
                (_ticket, _ticketAt) = (receipt.Next, time.Now());
                if (!receipt.Statuses.Contains(CopyStatus.UnknownTicket))
                {
                    return Told(sent, receipt.Statuses);
                }
            }
            catch (Exception) when (!stop.IsCancellationRequested)
            {
                _ticket = TicketId.None;
                await Task.Delay(FailurePause, time, stop);
            }
        }

        return null;
    }

    /// <summary>Whether the silo answers and takes copies.</summary>
    public async Task<bool> IsAnswered()
    {
        try
        {
            return await HasAskedForTicket();
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static List<SentCopy> Told(List<SentCopy> sent, CopyStatus[] statuses)
    {
        var next = 0;
        return sent.ConvertAll(copy => copy.Value is null ? copy : copy with { Status = statuses[next++] });
    }

    private async Task<bool> HasAskedForTicket()
    {
        (_ticket, _ticketAt) = (await peers.On(silo).Ticket().AsTask().WaitAsync(stop), time.Now());
        return !_ticket.IsNone;
    }

    private List<SentCopy> Read(IReadOnlyList<EntrySlot> batch, out EntryCopy[] copies)
    {
        var read = new List<EntryCopy>(batch.Count);
        var sent = new List<SentCopy>(batch.Count);
        foreach (var slot in batch)
        {
            // A copy is its owner's to send.
            if (store.CopyOf(slot) is (var copy, { IsStandbyCopy: false } value))
            {
                read.Add(isForStandby ? copy with { IsForStandby = true } : copy);
                sent.Add(new(slot, value, Status: null));
            }
            else
            {
                sent.Add(new(slot, Value: null, Status: null));
            }
        }

        copies = [.. read];
        return sent;
    }
}

/// <summary>What became of an entry that was to be sent.</summary>
/// <param name="Slot">The entry.</param>
/// <param name="Value">The value that was sent; null if it had none that may be sent.</param>
/// <param name="Status">What the other silo made of it.</param>
internal readonly record struct SentCopy(EntrySlot Slot, StoredValue? Value, CopyStatus? Status)
{
    /// <summary>Whether something kept it back that may be over in a moment.</summary>
    public bool IsKeptBack => Status is CopyStatus.Superseded or CopyStatus.InFlight or CopyStatus.NotServing;
}
