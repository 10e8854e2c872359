using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Views;

/// <summary>The entries of this silo by what they weigh and how much they are read, for people.</summary>
/// <remarks>Thread-safe. The heaviest cost one walk over the entries, in slices, and memory in the number that is asked for: no read and no update waits for it.</remarks>
internal sealed class KeyView(EntryTable table, EntryServices services, TagLedger ledger, TimeProvider time)
{
    private const int SliceLength = 256;

    /// <inheritdoc cref="HotKeys.Of"/>
    public HotKeysOnSilo Hottest(CacheNamespace ns, int limit) => services.HotKeys.Of(ns, limit);

    /// <summary>Those of the keys that have a value here.</summary>
    public KeyReport[] Describe(CacheNamespace ns, string[] keys)
    {
        var now = time.Now();
        return [.. keys.Select(key => table.Find(ns.Scope(key))).OfType<EntrySlot>().Select(slot => Of(slot, now)).OfType<KeyReport>()];
    }

    /// <summary>The heaviest of a namespace, the heaviest first.</summary>
    public KeyReport[] Largest(CacheNamespace ns, int limit)
    {
        // A heap of the heaviest so far, the lightest of them on top.
        var heaviest = new PriorityQueue<EntrySlot, long>(limit + 1);
        var slice = new EntrySlot?[SliceLength];
        var end = int.MaxValue;
        do
        {
            end = table.SliceBefore(end, slice, out var count);
            foreach (var slot in slice.AsSpan(0, count))
            {
                if (slot!.Value is { IsStandbyCopy: false } value && ns.TryStrip(slot.ScopedKey, out _)
                    && (heaviest.Count < limit || (heaviest.TryPeek(out _, out var least) && value.Bytes > least)))
                {
                    heaviest.Enqueue(slot, value.Bytes);
                    if (heaviest.Count > limit)
                    {
                        heaviest.Dequeue();
                    }
                }
            }
        }
        while (end > 0);

        var now = time.Now();
        return
        [
            .. heaviest.UnorderedItems.Select(item => Of(item.Element, now)).OfType<KeyReport>()
                .DistinctBy(key => key.Key).OrderByDescending(key => key.Bytes).ThenBy(key => key.Key, StringComparer.Ordinal),
        ];
    }

    private KeyReport? Of(EntrySlot slot, Moment now) => slot.Value is { IsStandbyCopy: false } value
        ? new(CacheNamespace.Split(slot.ScopedKey).Name, services.Silo, value.Bytes, value.AgeAt(now), value.FreshnessAt(ledger, now))
        : null;
}
