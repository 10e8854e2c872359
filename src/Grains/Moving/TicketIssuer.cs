using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;

namespace OrleansTagCache.Moving;

/// <summary>Takes the copies of other silos: issues the tickets that they read their values under, and keeps what may be believed.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class TicketIssuer(EntryStore store, TagLedger ledger, ServingLease lease, Standings standings, ILocalSiloDetails self, TimeProvider time)
{
    private readonly TicketBook _book = new();

    /// <summary>A ticket for one batch; none while this silo does not serve, or leaves: what it kept then would be lost with it.</summary>
    public TicketId Issue()
    {
        var now = time.Now();
        return lease.IsValid(now) && standings.Of(self.SiloAddress) == Standing.Serving ? _book.Issue(new(Guid.NewGuid()), ledger.Stamp(), now).Id : TicketId.None;
    }

    /// <summary>A ticket of this silo's own, for a value that it asks for.</summary>
    public Ticket ForOwnQuestion()
    {
        var now = time.Now();
        return new(TicketId.None, ledger.Stamp(), now);
    }

    /// <summary>Keeps what may be kept of a batch that was read under a ticket.</summary>
    public CopyReceipt Take(TicketId id, EntryCopy[] copies)
    {
        var ticket = _book.Take(id, time.Now());
        var statuses = Array.ConvertAll(copies, copy => ticket is null ? CopyStatus.UnknownTicket : store.Keep(copy, ticket));
        return new(statuses, Issue());
    }
}
