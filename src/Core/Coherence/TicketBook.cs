using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>The tickets that a silo has issued and that have not been used. Each is good for one batch, and not for long: a value must not age by waiting for it.</summary>
/// <remarks>Thread-safe: one lock, held for a few field writes.</remarks>
internal sealed class TicketBook
{
    /// <summary>How long a ticket is good for.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    /// <summary>How many may be out. Beyond it the oldest is refused.</summary>
    public const int Maximum = 1_024;

    private readonly Lock _gate = new();

    /// <summary>In the order in which they were issued.</summary>
    private readonly LinkedList<Ticket> _order = new();

    private readonly Dictionary<TicketId, LinkedListNode<Ticket>> _byId = [];

    /// <summary>How many are out.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byId.Count;
            }
        }
    }

    /// <summary>Issues a ticket. Only a silo that serves may.</summary>
    /// <param name="id">An identity that no other ticket has.</param>
    /// <param name="stamp">The ledger's clock, read for this.</param>
    /// <param name="now">The clock, read for this.</param>
    public Ticket Issue(TicketId id, Stamp stamp, Moment now)
    {
        var ticket = new Ticket(id, stamp, now);
        lock (_gate)
        {
            while (_order.First is { } oldest && (_order.Count == Maximum || now - oldest.Value.IssuedAt > Lifetime))
            {
                RemoveNeedsLock(oldest);
            }

            _byId.Add(id, _order.AddLast(ticket));
            return ticket;
        }
    }

    /// <summary>Uses a ticket up. Null for one that is late, used, or not of this incarnation.</summary>
    public Ticket? Take(TicketId id, Moment now)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var found))
            {
                return null;
            }

            RemoveNeedsLock(found);
            return now - found.Value.IssuedAt > Lifetime ? null : found.Value;
        }
    }

    private void RemoveNeedsLock(LinkedListNode<Ticket> ticket)
    {
        _order.Remove(ticket);
        _byId.Remove(ticket.Value.Id);
    }
}
