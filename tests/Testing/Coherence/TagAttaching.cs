using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Testing;

/// <summary>Holds the records of tags for values that are kept under no key.</summary>
internal static class TagHolding
{
    public static TagRecord[] Attach(this TagLedger ledger, ReadOnlySpan<TagId> tags) => ledger.Attach(tags, TagId.OfKey("none"), new NoKey(), Stamp.Never).Records;

    public static void Detach(this TagLedger ledger, ReadOnlySpan<TagRecord> records) => ledger.Detach(records, new NoKey());

    private sealed class NoKey : KeySlot;
}
