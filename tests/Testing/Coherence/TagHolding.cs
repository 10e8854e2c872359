using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Testing;

/// <summary>Holds the records of tags for values that are kept under no key.</summary>
internal static class TagHolding
{
    public static TagRecord[] Hold(this TagLedger ledger, ReadOnlySpan<TagId> tags) => ledger.Hold(tags, TagId.OfKey("none"), new NoKey(), Stamp.Never).Records;

    public static void Release(this TagLedger ledger, ReadOnlySpan<TagRecord> records) => ledger.Release(records, new NoKey());

    private sealed class NoKey : KeySlot;
}
