using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Entries;

/// <content>
/// Sets of values that were made after a moment which a silo has sealed, and which that silo was asked about when their token had been given.
///
/// <para><b>Rule.</b> Such a value is kept as a moved copy is, with the set's token for the ticket: the silo of the moment found it live after it had heard of the token, and here nothing that it bears is being
/// updated, or was settled since the token.</para>
///
/// <para><b>Soft tags.</b> As of a copy too: those that were updated since the moment come with the value, and what is open here, or was settled since the token, is added (invariant S4).</para>
///
/// <para><b>Its key.</b> Whoever set or removed the key after the moment knows of something newer, also if that is not here any more. Sets of this kind alone do not: of two, the one of the later moment stays. And
/// what was generated since the moment stays too.</para>
/// </content>
internal abstract partial class Entry
{
    private (CommitOutcome Outcome, StoredValue? Kept) SetSince(Token set, EntryData data, TimeSpan age, SetSince since, IEntryTerms terms, Moment now)
    {
        var (earliest, latest) = (set.GrantedAt + -(NotNegative(age) * (1 + LeaseTerms.RateError)), set.GrantedAt + -(NotNegative(since.LeastAge) * (1 - LeaseTerms.RateError)));
        var isKeyChanged = since.IsKeyChanged || !terms.Ledger.MayKeepCopy([Key], set.Stamp);
        if (!IsNewest(earliest, latest, isKeyChanged, terms, now))
        {
            return (CommitOutcome.Superseded, null);
        }

        // Its age counts from the moment, and its stamp is that of the ticket.
        var outcome = Keep(set with { GrantedAt = earliest }, data with { CopiedTags = data.CopiedTags ?? data.Tags }, sessions: null, keyStamp: set.Stamp, terms, now, since);
        if (outcome.Status != CommitStatus.Stored)
        {
            return (outcome, null);
        }

        Open().Since(latest, now + terms.GenerationLease);
        return (outcome, _value);
    }

    /// <summary>Whether there is nothing newer than a value of a moment between these.</summary>
    private bool IsNewest(Moment earliest, Moment latest, bool isKeyChanged, IEntryTerms terms, Moment now)
    {
        if (_value is not { } value || value.FreshnessAt(terms.Ledger, now) > Freshness.Stale)
        {
            return !isKeyChanged;
        }

        // A live value that was set came with the key's last change: no other came after its own moment, since it would not have been stored then.
        return isKeyChanged ? _generations?.SinceLatest is { } itsLatest && itsLatest <= earliest : value.IsSet || value.GeneratedAt <= latest;
    }

    private static TimeSpan NotNegative(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
}
