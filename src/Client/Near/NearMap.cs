using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Near;

/// <summary>
/// The slots of the keys that a process keeps near, bounded by number and by bytes. When there is no room, a hand goes from the oldest entry to the newest, and round again: who was
/// read since it came by last loses the mark of that and stays, the others go. So a store costs the same whichever bound it meets, since each entry that the hand
/// looks at goes, or was marked by a read. New entries are not marked, and are behind those that stayed: keys that are never read again make room for
/// each other.
/// </summary>
/// <remarks>
/// Thread-safe. A look-up takes no lock, and writes nothing but an entry's first mark; whatever changes the map takes turns. The order is that of SIEVE (Zhang and
/// others, NSDI 2024).
/// </remarks>
internal sealed class NearMap : IKeySlots
{
    private readonly ConcurrentDictionary<string, NearSlot> _slots = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, NearSlot>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Lock _gate = new();
    private readonly TagLedger _ledger;
    private readonly CacheNamespace _namespace;
    private readonly int _maximumEntries;
    private readonly long _maximumBytes;
    private NearSlot? _oldest;
    private NearSlot? _newest;
    private NearSlot? _hand;
    private int _count;
    private long _bytes;
    private long _looks;

    public NearMap(TagLedger ledger, CacheNamespace ns, int maximumEntries, long maximumBytes)
    {
        (_ledger, _namespace, _maximumEntries, _maximumBytes) = (ledger, ns, maximumEntries, maximumBytes);
        _bySpan = _slots.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => Volatile.Read(ref _count);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How many entries the hand has looked at, in all.</summary>
    public long Looks => Interlocked.Read(ref _looks);

    public bool TryGet(string key, [MaybeNullWhen(false)] out NearEntry entry)
    {
        entry = _slots.TryGetValue(key, out var slot) ? slot.Read() : null;
        return entry is not null;
    }

    /// <summary>The entry of a key that is no string yet.</summary>
    public bool TryGet(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out NearEntry entry)
    {
        entry = _bySpan.TryGetValue(key, out var slot) ? slot.Read() : null;
        return entry is not null;
    }

    /// <summary>The slot of a key, for an entry that is about to be kept: it is there until it is stored, or the slot given back.</summary>
    public NearSlot Take(string key)
    {
        lock (_gate)
        {
            if (!_slots.TryGetValue(key, out var slot))
            {
                slot = new(key, _namespace);
                _slots[key] = slot;
            }

            slot.Takers++;
            return slot;
        }
    }

    /// <summary>Nothing is kept in a slot that was taken.</summary>
    public void GiveBack(NearSlot slot)
    {
        lock (_gate)
        {
            GiveBackNeedsGate(slot);
        }
    }

    /// <summary>Keeps an entry, whose records are held already, in a slot that was taken, and makes room for it. One that is larger than the bound is let go at once, and nothing else.</summary>
    public void Store(NearSlot slot, NearEntry entry)
    {
        if (entry.Bytes > _maximumBytes)
        {
            LetGo(entry);
            GiveBack(slot);
            return;
        }

        var gone = new List<NearEntry>(1);
        lock (_gate)
        {
            if (slot.Entry is { } old)
            {
                // It keeps its place and its mark: the key is as old, and was read as lately.
                gone.Add(old);
                _bytes += entry.Bytes - old.Bytes;
                slot.Entry = entry;
                MakeRoomNeedsGate(comingEntries: 0, comingBytes: 0, gone);
            }
            else
            {
                MakeRoomNeedsGate(comingEntries: 1, entry.Bytes, gone);
                AddNeedsGate(slot, entry);
            }

            GiveBackNeedsGate(slot);
        }

        foreach (var old in gone)
        {
            LetGo(old);
        }
    }

    /// <summary>Removes that entry if it is still kept.</summary>
    public void Remove(NearEntry entry)
    {
        lock (_gate)
        {
            if (entry.Slot.Entry != entry)
            {
                return;
            }

            RemoveNeedsGate(entry.Slot);
        }

        LetGo(entry);
    }

    /// <inheritdoc/>
    public KeySlot? Find(TagId key) => _namespace.TryStrip(key.Name, out var name) && _bySpan.TryGetValue(name, out var slot) ? slot : null;

    /// <summary>A walk over the entries; those that come or go during it may be missed. It does not count as a read.</summary>
    public IEnumerator<NearEntry?> Walk() => _slots.Select(pair => pair.Value.Entry).GetEnumerator();

    private void MakeRoomNeedsGate(int comingEntries, long comingBytes, List<NearEntry> gone)
    {
        // Once round and no further: readers may mark entries as fast as the hand goes.
        for (var marks = _count; _oldest is not null && (_count + comingEntries > _maximumEntries || _bytes + comingBytes > _maximumBytes);)
        {
            var slot = _hand ?? _oldest;
            _looks++;
            if (slot.IsRead && marks-- > 0)
            {
                slot.IsRead = false;
                _hand = slot.Newer;
                continue;
            }

            gone.Add(slot.Entry!);
            RemoveNeedsGate(slot);
        }
    }

    private void AddNeedsGate(NearSlot slot, NearEntry entry)
    {
        slot.Entry = entry;
        slot.Older = _newest;
        (_newest is null ? ref _oldest : ref _newest.Newer) = slot;
        _newest = slot;
        _count++;
        _bytes += entry.Bytes;
    }

    private void RemoveNeedsGate(NearSlot slot)
    {
        (slot.Older is { } older ? ref older.Newer : ref _oldest) = slot.Newer;
        (slot.Newer is { } newer ? ref newer.Older : ref _newest) = slot.Older;
        if (_hand == slot)
        {
            _hand = slot.Newer;
        }

        (slot.Older, slot.Newer, slot.IsRead) = (null, null, false);
        _count--;
        _bytes -= slot.Entry!.Bytes;
        slot.Entry = null;
        LeaveNeedsGate(slot);
    }

    private void GiveBackNeedsGate(NearSlot slot)
    {
        slot.Takers--;
        LeaveNeedsGate(slot);
    }

    /// <summary>An empty slot goes, unless something is about to be kept in it.</summary>
    private void LeaveNeedsGate(NearSlot slot)
    {
        if (slot.Entry is null && slot.Takers == 0)
        {
            _slots.TryRemove(slot.Name, out _);
        }
    }

    private void LetGo(NearEntry entry)
    {
        entry.End();
        _ledger.Release(entry.Records, entry.Slot);
        entry.Lease.Dropped();
    }
}
