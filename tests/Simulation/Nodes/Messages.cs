using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>What a reader got from the entry's silo.</summary>
internal enum AnswerStatus
{
    Fresh,
    Stale,
    Miss,
    Busy,
    NotServing,
    Superseded,
    Stored,
    StoredStale,
    UnknownToken,
}

/// <summary>On which terms an answer may be kept by a client.</summary>
/// <param name="IsCacheable">Live when it was checked, after the session's interest was registered.</param>
/// <param name="Session">The session under which it may be kept; none for none.</param>
/// <param name="Grant">What was granted.</param>
/// <param name="Unknown">Ids that name this silo and that it does not know.</param>
internal sealed record KeepTerms(bool IsCacheable, SessionId Session, TimeSpan Grant, SessionId[] Unknown)
{
    public static readonly KeepTerms None = new(false, SessionId.None, TimeSpan.Zero, []);
}

/// <summary>The answer to a read or to a commit.</summary>
internal sealed record Answer(AnswerStatus Status, Value? Value, TokenId Token, KeepTerms Terms)
{
    public Answer(AnswerStatus status)
        : this(status, null, TokenId.None, KeepTerms.None)
    {
    }
}

/// <summary>A value that a process keeps of an entry that lives elsewhere.</summary>
/// <param name="Value">The value.</param>
/// <param name="Validity">With the stamp from before it was asked for, and the held records of its tags.</param>
/// <param name="Session">A client's session; null in a silo, which serves by its own lease.</param>
internal sealed record NearValue(Value Value, EntryValidity Validity, HeldSession<int>? Session);
