using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>What the decisions of a silo's entries depend on, and who is notified of them.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IEntryTerms
{
    /// <summary>The clock, read at each use.</summary>
    Moment Now { get; }

    /// <summary>The silo's ledger.</summary>
    TagLedger Ledger { get; }

    /// <summary>Whether a value is served, with the promise suspended, when the silo has no right to serve.</summary>
    bool ServesWithoutLease { get; }

    /// <summary>How long a token blocks its key at most.</summary>
    TimeSpan GenerationLease { get; }

    /// <summary>For how long a value past its life is served at once after a generation has failed.</summary>
    TimeSpan FailSafeThrottle { get; }

    /// <summary>An identity for a token: no other can have it, and it cannot be guessed.</summary>
    TokenId NewToken();

    /// <summary>Whether the silo has the right to serve at that moment.</summary>
    bool MayServe(Moment now);

    /// <summary>Registers the interest of a client in the records' tags, its soft tags and the key, before the value is checked (invariant C3).</summary>
    IssuedSession? Register(SessionId[] named, ReadOnlySpan<TagRecord> records, TagId key, string[]? softTags = null);

    /// <summary>What to say beside an answer of keeping it near.</summary>
    NearTerms NearTermsFor(SessionId[] named, IssuedSession? registered, bool isLive);

    /// <summary>Says which limit a value breaks, or null.</summary>
    string? FaultOf(EntryData data);

    /// <summary>A plain set as of its call, so long before its token by another clock.</summary>
    Token AsOfItsCall(Token set, TimeSpan age);

    /// <summary>A value came or went: whatever counts values hears of it in the order of the entry's values. The records of the one that went are released.</summary>
    void Replaced(Entry entry, StoredValue? old, StoredValue? value);

    /// <summary>A read has lengthened a sliding life by so much that a standby has to hear of it.</summary>
    void OnLengthened(Entry entry);

    /// <summary>A loader made it, and it was stale when it was stored: there may be no reader to refresh it.</summary>
    void RefreshSoon(string scopedKey);
}
