using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <content>
/// Moves from one silo to another.
///
/// <para><b>Rule.</b> The receiver notes its clock (<see cref="Ticket"/>), the sender reads the value after it has heard of that, and the receiver keeps the copy only if nothing that it bears
/// is being updated, or was settled since.</para>
///
/// <para><b>Why it is safe.</b> Take an update that the value is too old for, and that has returned. If the receiver applied it after the ticket, the copy's stamp is older, and every read refuses
/// it. If before, it is open or was settled after the ticket, and the copy is refused; or it was settled before the ticket: then every member had applied it by then, the sender among them, and
/// the sender found the value dead. The sender was a member that the update waited for, since it had the right to serve when it read the value.</para>
///
/// <para><b>Soft tags.</b> The same holds of the tags that readers name, but the copy is kept: what the sender knows comes with it, and what is open here, or was settled since the ticket, is added (invariant S4).</para>
/// </content>
internal abstract partial class Entry
{
    /// <summary>The value for a silo whose ticket was received before this call; null if there is nothing that may be sent.</summary>
    public EntryCopy? CopyFor(IEntryTerms terms, Moment now) =>
        (terms.MayServe(now) || !ProtocolRules.SendersNeedServing) && _value is { } value && value.FreshnessAt(terms.Ledger, now) != Freshness.Expired
            ? value.CopyAt(scopedKey, now, value.RememberedSince(terms.Ledger, CacheNamespace.Of(scopedKey)))
            : null;

    /// <summary>Keeps a copy that came under a ticket of this silo, if it may be believed and nothing newer is here or on its way.</summary>
    public CopyStatus KeepCopy(EntryCopy copy, Ticket ticket, IEntryTerms terms, Moment now)
    {
        if (terms.FaultOf(copy.Data) is not null)
        {
            return CopyStatus.Refused;
        }

        if (!terms.MayServe(now))
        {
            return CopyStatus.NotServing;
        }

        // What this silo holds as a standby was read earlier, at the same owner.
        if (_value is not { IsStandbyCopy: true } && _value?.FreshnessAt(terms.Ledger, now) is { } own && own != Freshness.Expired)
        {
            return CopyStatus.HasOwn;
        }

        // The value of a set or a generation is newer, and its token may be older than an update that the copy has outlived.
        if (_generations?.Tokens.IsIdle(now) == false && ProtocolRules.TokensKeepCopiesOut)
        {
            return CopyStatus.InFlight;
        }

        var (records, isKeyLive) = terms.Ledger.Attach(TagId.OfEntry(scopedKey, copy.Data.Tags), Key, this, ticket.Stamp);
        var brought = BroughtTags.Of(terms.Ledger.RememberedAgainstCopy(CacheNamespace.Of(scopedKey), copy.Remembered, ticket.Stamp));
        var value = new StoredValue(copy, ticket, records, this, brought);
        if (!isKeyLive || value.ByTags(terms.Ledger, now) == Freshness.Expired || !MayKeep())
        {
            terms.Ledger.Detach(records, this);
            return CopyStatus.Superseded;
        }

        if (!TryStore(value, terms))
        {
            return CopyStatus.Superseded;
        }

        if (copy is { Data.IsLoaded: true, IsForStandby: false } && value.FreshnessAt(terms.Ledger, now) == Freshness.Stale)
        {
            // The job that was to refresh it looks for it where it was.
            terms.RefreshSoon(scopedKey);
        }

        return CopyStatus.Kept;

        bool MayKeep() => !ProtocolRules.MovedCopiesAreChecked || terms.Ledger.MayKeepCopy(TagId.OfEntryAndKey(scopedKey, copy.Data.Tags), ticket.Stamp);
    }

    /// <summary>Whether what a value was copied from may be believed: the tags that came with other entries, and the namespace's <c>*</c>.</summary>
    private bool MayKeepWhatWasCopied(EntryData data, Stamp stamp, IEntryTerms terms) =>
        data.CopiedTags is not { } copied || terms.Ledger.MayKeepCopy(TagId.OfEntry(scopedKey, copied), stamp);
}
