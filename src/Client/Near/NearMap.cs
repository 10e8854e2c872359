using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Coherence;

namespace OrleansTagCache.Near;

/// <summary>
/// Keys to near entries, bounded by number and by bytes. When there is no room, a hand goes from the oldest entry to the newest, and round again: who was
/// read since it came by last loses the mark of that and stays, the others go. So a store costs the same whichever bound it meets, since each entry that the hand
/// looks at goes, or was marked by a read. New entries are not marked, and are behind those that stayed: keys that are never read again make room for
/// each other.
/// </summary>
/// <remarks>
/// Thread-safe. A look-up takes no lock, and writes nothing but an entry's first mark; whatever changes the map takes turns. The order is that of SIEVE (Zhang and
/// others, NSDI 2024).
/// </remarks>
internal sealed class NearMap
{
    private readonly ConcurrentDictionary<string, Place> _places = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Place>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Lock _gate = new();
    private readonly TagLedger _ledger;
    private readonly int _maximumEntries;
    private readonly long _maximumBytes;
    private Place? _oldest;
    private Place? _newest;
    private Place? _hand;
    private int _count;
    private long _bytes;
    private long _looks;

    public NearMap(TagLedger ledger, int maximumEntries, long maximumBytes)
    {
        (_ledger, _maximumEntries, _maximumBytes) = (ledger, maximumEntries, maximumBytes);
        _bySpan = _places.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => Volatile.Read(ref _count);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How many entries the hand has looked at, in all.</summary>
    public long Looks => Interlocked.Read(ref _looks);

    public bool TryGet(string key, [MaybeNullWhen(false)] out NearEntry entry)
    {
        entry = _places.TryGetValue(key, out var place) ? place.Read() : null;
        return entry is not null;
    }

    /// <summary>The entry of a key that is no string yet.</summary>
    public bool TryGet(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out NearEntry entry)
    {
        entry = _bySpan.TryGetValue(key, out var place) ? place.Read() : null;
        return entry is not null;
    }

    /// <summary>Stores an entry, whose records are held already, and makes room for it. One that is larger than the bound is let go at once, and nothing else.</summary>
    public void Store(string key, NearEntry entry)
    {
        if (entry.Bytes > _maximumBytes)
        {
            LetGo(entry);
            return;
        }

        var gone = new List<NearEntry>(1);
        lock (_gate)
        {
            if (_places.TryGetValue(key, out var place))
            {
                // It keeps its place and its mark: the key is as old, and was read as lately.
                gone.Add(place.Entry);
                _bytes += entry.Bytes - place.Entry.Bytes;
                place.Entry = entry;
                MakeRoomNeedsGate(comingEntries: 0, comingBytes: 0, gone);
            }
            else
            {
                MakeRoomNeedsGate(comingEntries: 1, entry.Bytes, gone);
                AddNeedsGate(new(key, entry));
            }
        }

        foreach (var old in gone)
        {
            LetGo(old);
        }
    }

    /// <summary>Removes that entry if it is still the key's.</summary>
    public void Remove(string key, NearEntry entry)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(key, out var place) || place.Entry != entry)
            {
                return;
            }

            RemoveNeedsGate(place);
        }

        LetGo(entry);
    }

    /// <summary>A walk over the entries; those that come or go during it may be missed. It does not count as a read.</summary>
    public IEnumerator<KeyValuePair<string, NearEntry>> Walk() => _places.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Entry)).GetEnumerator();

    private void MakeRoomNeedsGate(int comingEntries, long comingBytes, List<NearEntry> gone)
    {
        // Once round and no further: readers may mark entries as fast as the hand goes.
        for (var marks = _count; _oldest is not null && (_count + comingEntries > _maximumEntries || _bytes + comingBytes > _maximumBytes);)
        {
            var place = _hand ?? _oldest;
            _looks++;
            if (place.IsRead && marks-- > 0)
            {
                place.IsRead = false;
                _hand = place.Newer;
                continue;
            }

            RemoveNeedsGate(place);
            gone.Add(place.Entry);
        }
    }

    private void AddNeedsGate(Place place)
    {
        _places[place.Key] = place;
        place.Older = _newest;
        (_newest is null ? ref _oldest : ref _newest.Newer) = place;
        _newest = place;
        _count++;
        _bytes += place.Entry.Bytes;
    }

    private void RemoveNeedsGate(Place place)
    {
        _places.TryRemove(place.Key, out _);
        (place.Older is { } older ? ref older.Newer : ref _oldest) = place.Newer;
        (place.Newer is { } newer ? ref newer.Older : ref _newest) = place.Older;
        if (_hand == place)
        {
            _hand = place.Newer;
        }

        _count--;
        _bytes -= place.Entry.Bytes;
    }

    private void LetGo(NearEntry entry)
    {
        entry.End();
        _ledger.Release(entry.Records);
        entry.Lease.Dropped();
    }

    /// <summary>A key's place in the order. Its links and who is in it are the gate's.</summary>
    private sealed class Place(string key, NearEntry entry)
    {
        private volatile NearEntry _entry = entry;

        public Place? Older;
        public Place? Newer;

        /// <summary>Whether it was read since the hand came by. Whose write comes last does not matter.</summary>
        public bool IsRead;

        public string Key => key;

        public NearEntry Entry
        {
            get => _entry;
            set => _entry = value;
        }

        public NearEntry Read()
        {
            // Written once: a place that many read is not to go from core to core.
            if (!IsRead)
            {
                IsRead = true;
            }

            return _entry;
        }
    }
}
