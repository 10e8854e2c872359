using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>What a sender shows of a ticket: random, so that no earlier incarnation of the silo can have issued it, and it cannot be guessed.</summary>
[GenerateSerializer, Immutable, Alias("otc.TicketId")]
internal readonly record struct TicketId([property: Id(0)] Guid Value)
{
    public static readonly TicketId None;

    public bool IsNone => Value == Guid.Empty;
}

/// <summary>
/// What the silo that issued a ticket keeps of it. A value that moves is a copy: it is believed as of a moment before it was read, and neither a stamp nor a moment
/// ever leaves its process. So the silo that is to keep the copy notes both first, and the sender reads the value only after it has heard of that.
/// </summary>
/// <param name="Id">What the sender shows.</param>
/// <param name="Stamp">The ledger's clock when it was issued: the copy is judged by it.</param>
/// <param name="IssuedAt">When it was issued: the copy's age counts from here, so that it may look older than it is, and never younger.</param>
internal sealed record Ticket(TicketId Id, Stamp Stamp, Moment IssuedAt);
