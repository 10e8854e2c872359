using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Testing;

/// <summary>The one slot of a key, for values that a test keeps itself: the ledger knows it from the beginning.</summary>
internal sealed class KeptKey : KeySlot, IKeySlots
{
    public KeptKey(TagLedger ledger, string key)
    {
        Key = TagId.OfKey(CacheNamespace.Default.Scope(key));
        ledger.Add(this);
    }

    public TagId Key { get; }

    public string Scoped => Key.Name;

    public KeySlot? Find(TagId key) => key == Key ? this : null;

    public ValueTask EndAll(TagRecord[] records, Stamp at) => default;
}
