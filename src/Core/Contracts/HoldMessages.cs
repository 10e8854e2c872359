using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Contracts;

/// <summary>Tags that are to be held.</summary>
/// <param name="Tags">The tags.</param>
/// <param name="AtMost">How long each member holds them at most, from when it hears of it.</param>
/// <param name="Trace">The <c>traceparent</c> of the caller; null if it is not traced.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.HoldRequest")]
internal sealed record HoldRequest([property: Id(0)] TagId[] Tags, [property: Id(1)] TimeSpan AtMost, [property: Id(2)] string? Trace = null);

/// <summary>How the beginning of a hold ended.</summary>
/// <param name="Id">Its identity if every process holds it; null if it could not be had, and what was begun of it has been released.</param>
/// <param name="Members">How many silos it reached.</param>
/// <param name="Reason">Why it could not be had.</param>
/// <param name="Coordinator">The silo that coordinates it, and can tell of it whichever silos join.</param>
/// <param name="Waiting">As of an <see cref="UpdateOutcome"/>.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.HoldOutcome")]
internal sealed record HoldOutcome([property: Id(0)] UpdateId? Id, [property: Id(1)] int Members = 0, [property: Id(2)] string? Reason = null, [property: Id(3)] SiloAddress? Coordinator = null, [property: Id(4)] Unacknowledged[]? Waiting = null)
{
    public static HoldOutcome Refused(string reason, Unacknowledged[]? waiting = null) => new(null, Reason: reason, Waiting: waiting);
}
