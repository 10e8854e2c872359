using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Near;

/// <summary>
/// The process in which a near cache lives: its ledger, and its right to serve. In a client that right is a session with each silo; a silo
/// has its own lease, and what it keeps of other silos are copies.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal interface INearLeases
{
    TagLedger Ledger { get; }

    /// <summary>The sessions that a question names; null where answers are kept without one.</summary>
    SessionId[]? Sessions { get; }

    /// <summary>Takes what a silo said beside an answer: a session to keep the answer under, or null if it must not be kept.</summary>
    INearLease? Accept(NearTerms? terms, NearAsk ask);

    /// <summary>Whether an answer may be kept, asked once; afterwards the ledger is asked at every read.</summary>
    /// <param name="tags">All tags of the value: its own, <c>*</c> and its key.</param>
    /// <param name="copied">Those under which it is a copy of what another process keeps.</param>
    /// <param name="stamp">The stamp from before the question.</param>
    bool MayKeep(ReadOnlySpan<TagId> tags, ReadOnlySpan<TagId> copied, Stamp stamp);
}

/// <summary>What is read before a question is asked: the ledger's clock, the time, and the sessions that the question names. The default keeps nothing.</summary>
internal readonly record struct NearAsk(Stamp Stamp, Moment At, SessionId[]? Sessions, bool MayKeep);
