using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Coherence;
using OrleansTagCache.Eviction;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Near;

/// <summary>The slots of the keys that a process keeps near, bounded by number and by bytes; which of them go when there is no room, <see cref="EvictionOrder{T}"/> says.</summary>
/// <remarks>Thread-safe. A look-up takes no lock, and writes nothing but a slot's first few reads; whatever changes the map takes turns.</remarks>
internal sealed class NearMap : IKeySlots
{
    /// <summary>How many slots a walk looks at before it lets others go first.</summary>
    private const int WalkPiece = 4_096;

    private readonly ConcurrentDictionary<string, NearSlot> _slots = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, NearSlot>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Lock _gate = new();
    private readonly TagLedger _ledger;
    private readonly CacheNamespace _namespace;
    private readonly EvictionOrder<NearSlot> _order;
    private readonly Action<string>? _evicted;

    public NearMap(TagLedger ledger, CacheNamespace ns, int maximumEntries, long maximumBytes, Action<string>? evicted = null)
    {
        _evicted = evicted;
        (_ledger, _namespace, _order) = (ledger, ns, new(maximumBytes, maximumEntries));
        _bySpan = _slots.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => (int)_order.Count;

    public long Bytes => _order.Bytes;

    /// <summary>How many entries were looked at to make room, in all.</summary>
    public long Looks => _order.Looks;

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
                slot = new(key);
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
    /// <param name="slot">The slot.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="payloadBytes">The size of its payload.</param>
    public void Store(NearSlot slot, NearEntry entry, int payloadBytes)
    {
        var bytes = (long)payloadBytes + NearEntry.Overhead;
        if (!_order.MayHold(bytes))
        {
            LetGo(entry);
            return;
        }

        var gone = new List<NearEntry>(1);
        lock (_gate)
        {
            // Asked here, where walks find what is stored: an update of all of several of its tags may have come since it was looked at, and its walk may have gone by (invariant J1).
            if (_ledger.IsOvertaken(entry.Records, entry.Stamp))
            {
                slot.Takers++;
                gone.Add(entry);
            }
            else
            {
                PutNeedsGate(slot, entry, (int)bytes, gone);
            }

            GiveBackNeedsGate(slot);
        }

        foreach (var old in gone)
        {
            LetGo(old);
            if (old.Slot != slot)
            {
                _evicted?.Invoke(old.Slot.Name);
            }
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

            _order.Remove(entry.Slot);
            EmptyNeedsGate(entry.Slot);
        }

        LetGo(entry);
    }

    /// <inheritdoc/>
    public KeySlot? Find(TagId key) => _namespace.TryStrip(key.Name, out var name) && _bySpan.TryGetValue(name, out var slot) ? slot : null;

    /// <inheritdoc/>
    public async ValueTask EndAll(TagRecord[] records, Stamp at)
    {
        lock (_gate)
        {
            // Whoever asked the ledger before it heard of the update has stored by now, and the walk finds what is there.
        }

        var walked = 0;
        foreach (var (_, slot) in _slots)
        {
            if (slot.Entry is { } entry && entry.Stamp < at && TagLedger.BearsAll(entry.Records, records))
            {
                Remove(entry);
            }

            if (++walked % WalkPiece == 0)
            {
                await PoolYield.Go();
            }
        }
    }

    /// <summary>A walk over the entries; those that come or go during it may be missed. It does not count as a read.</summary>
    public IEnumerator<NearEntry?> Walk() => _slots.Select(pair => pair.Value.Entry).GetEnumerator();

    private void PutNeedsGate(NearSlot slot, NearEntry entry, int bytes, List<NearEntry> gone)
    {
        if (slot.Entry is { } old)
        {
            // It keeps its place and its reads: the key is as old, and was read as lately.
            slot.Takers++;
            gone.Add(old);
        }

        slot.Entry = entry;
        _order.Put(slot, bytes, isRead: true);
        while (_order.TakeVictim(slot) is { } victim)
        {
            gone.Add(EmptyNeedsGate(victim));
        }
    }

    /// <summary>The entry of a slot that is in the order no more. The slot is taken: the ledger must find it until the entry is let go of (invariant K2).</summary>
    private static NearEntry EmptyNeedsGate(NearSlot slot)
    {
        var entry = slot.Entry!;
        slot.Entry = null;
        slot.Takers++;
        return entry;
    }

    private void GiveBackNeedsGate(NearSlot slot)
    {
        slot.Takers--;
        LeaveNeedsGate(slot);
    }

    /// <summary>An empty slot goes, unless something is about to be kept in it, or to be let go of.</summary>
    private void LeaveNeedsGate(NearSlot slot)
    {
        if (slot.Entry is null && slot.Takers == 0)
        {
            _slots.TryRemove(slot.Name, out _);
        }
    }

    /// <summary>Lets go of an entry that is kept no more, and gives back the slot that was taken for it.</summary>
    private void LetGo(NearEntry entry)
    {
        entry.End();
        _ledger.Detach(entry.Records, entry.Slot);
        entry.Lease.Dropped();
        GiveBack(entry.Slot);
    }
}
