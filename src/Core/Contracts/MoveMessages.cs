using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>How far a silo is, as it says itself: only those that serve own entries in anyone's view.</summary>
[GenerateSerializer, Alias("otc.Standing")]
internal enum Standing : byte
{
    /// <summary>It does not serve yet.</summary>
    Joining = 0,

    Serving = 1,

    /// <summary>It hands over what it has, and serves whoever still asks it until it stops.</summary>
    Leaving = 2,
}

/// <summary>What became of a batch of copies, in their order, and the ticket for the next one.</summary>
/// <param name="Statuses">What became of each.</param>
/// <param name="Next">The ticket for the next batch; none if the silo does not serve.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.CopyReceipt")]
internal sealed record CopyReceipt([property: Id(0)] CopyStatus[] Statuses, [property: Id(1)] TicketId Next);
