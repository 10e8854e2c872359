using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Near;

namespace OrleansTagCache.Sessions;

/// <summary>
/// A silo as the host of a near cache: it keeps under its own ledger and its own serving lease, and needs no session. What it reads of entries
/// hosted elsewhere are copies: their host may not have heard of an update that this silo has applied already (invariant C1).
/// </summary>
internal sealed class SiloNearLeases(TagLedger ledger, ServingLease lease) : INearLeases
{
    public TagLedger Ledger => ledger;

    public SessionId[]? Sessions => null;

    public INearLease? Accept(NearTerms? terms, NearAsk ask) => lease;

    public bool MayKeep(ReadOnlySpan<TagId> tags, ReadOnlySpan<TagId> copied, Stamp stamp) =>
        ledger.IsLive(tags, stamp) && (copied.IsEmpty || ledger.MayKeepCopy(copied, stamp));
}
