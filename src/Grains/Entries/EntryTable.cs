using System.Collections.Concurrent;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Eviction;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Entries;

/// <summary>
/// The slots of this silo: what they hold, what that weighs, and, by <see cref="EvictionOrder{T}"/>, which of them goes when there is no room.
/// </summary>
/// <remarks>Thread-safe. Lock order: an entry's gate, then the index or the ledger or this table's own lock; never two entries' gates.</remarks>
internal sealed class EntryTable : IKeySlots
{
    /// <summary>How many entries a walk looks at before it lets others go first: a tenth of a millisecond or so.</summary>
    private const int WalkPiece = 1_024;

    private readonly Lock _listGate = new();
    private readonly List<EntrySlot> _valued = [];
    private readonly ConcurrentDictionary<string, EntrySlot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<EntrySlot> _watched = new();
    private readonly TagLedger _ledger;
    private readonly TagMetrics? _metrics;
    private readonly EvictedTags? _evicted;
    private readonly EvictionOrder<EntrySlot> _order;
    private readonly long _maximumEntries;
    private EvictionList<EntrySlot> _copies;
    private long _loaded;
    private int _valueCount;
    private long _evictions;

    public EntryTable(TagLedger ledger, long maximumBytes, long? maximumEntries, TagMetrics? metrics = null, EvictedTags? evicted = null)
    {
        (_ledger, _maximumEntries, _metrics, _evicted) = (ledger, maximumEntries ?? long.MaxValue, metrics, evicted);
        _order = new(maximumBytes, _maximumEntries);
        ledger.Add(this);
    }

    public long MaximumBytes => _order.MaximumBytes;

    /// <summary>The bytes accounted for this silo's own entries.</summary>
    public long Bytes => _order.Bytes;

    /// <summary>The copies that this silo holds as a standby, which are no entries of its own, and their bytes.</summary>
    public (long Count, long Bytes) Copies
    {
        get
        {
            lock (_listGate)
            {
                return (_copies.Count, _copies.Bytes);
            }
        }
    }

    /// <summary>How many values there are, copies included.</summary>
    public int ValueCount => Volatile.Read(ref _valueCount);

    /// <summary>Whether this silo's own entries take so much of what they may, in percent.</summary>
    public bool IsFilled(int percent) => Bytes >= MaximumBytes / 100 * percent || (_maximumEntries != long.MaxValue && Count >= _maximumEntries * (double)percent / 100);

    /// <summary>Whether any value here was made by a loader.</summary>
    public bool HasLoaded => Interlocked.Read(ref _loaded) > 0;

    public long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>How many entries of this silo's own have a value.</summary>
    public int Count => (int)_order.Count;

    /// <summary>How many slots there are, those without a value included. It is costly: not for every call.</summary>
    public int SlotCount => _slots.Count;

    /// <summary>How many slots are watched, those that have a value by now or are gone included.</summary>
    public int WatchedCount => _watched.Count;

    /// <summary>The slot of that key, if it has one.</summary>
    public EntrySlot? Find(string scopedKey) => _slots.GetValueOrDefault(scopedKey);

    /// <inheritdoc/>
    KeySlot? IKeySlots.Find(TagId key) => Find(key.Name);

    /// <inheritdoc/>
    async ValueTask IKeySlots.EndAll(TagRecord[] records, Stamp at)
    {
        // The index is read after the ledger has heard of the update: what comes to stand in it later asks the ledger afterwards.
        var slots = DependentsIndex.Of(records.MinBy(DependentsIndex.CountOf)!);
        for (var i = 0; i < slots.Length; i++)
        {
            if (i % WalkPiece == WalkPiece - 1)
            {
                await PoolYield.Go();
            }

            var slot = slots[i];
            lock (slot.Gate)
            {
                slot.EndIfBears(records, at);
            }
        }
    }

    /// <summary>The slot of that key. It may have been retired when its gate is taken: then ask again.</summary>
    public EntrySlot FindOrAdd(string scopedKey) => _slots.GetOrAdd(scopedKey, static key => new(key));

    /// <summary>A value of the slot came or went, under its gate.</summary>
    public void ReplacedNeedsGate(EntrySlot slot, StoredValue? old, StoredValue? value)
    {
        if (value is not null)
        {
            DependentsIndex.Add(slot, value.TagRecords);
            if (!value.IsStandbyCopy)
            {
                CountOwn(value, 1);
            }

            Link(slot, value);
        }

        if (old is not null)
        {
            Forget(slot, old, value);
            if (value is null)
            {
                Unlink(slot);
            }
        }
    }

    /// <summary>The slot's value becomes this silo's own, or a copy that it holds as a standby; under its gate.</summary>
    public void OwnNeedsGate(EntrySlot slot, bool isOwn)
    {
        if (slot.Value is not { } value || value.IsStandbyCopy != isOwn)
        {
            return;
        }

        value.IsStandbyCopy = !isOwn;
        CountOwn(value, isOwn ? 1 : -1);
        Link(slot, value);
    }

    /// <summary>Lets an empty slot go, or has it looked after as long as a token may come back to it; under its gate, after each use.</summary>
    public void LetGoNeedsGate(EntrySlot slot, Moment now)
    {
        if (slot.IsRetired)
        {
            return;
        }

        if (slot.IsEmpty(now))
        {
            RetireNeedsGate(slot);
        }
        else if (slot.Value is null && !slot.IsWatched)
        {
            slot.IsWatched = true;
            _watched.Enqueue(slot);
        }
    }

    /// <summary>Takes a slot out of the table: its tokens are lost, its waiters ask again, and the next caller of the key finds a new one.</summary>
    public void RetireNeedsGate(EntrySlot slot)
    {
        slot.IsRetired = true;
        _slots.TryRemove(new(slot.ScopedKey, slot));
        slot.WakeWaiters();
    }

    /// <summary>The slot that has been watched longest; the caller looks after it from now on.</summary>
    public EntrySlot? TakeWatched() => _watched.TryDequeue(out var slot) ? slot : null;

    /// <summary>Has a slot watched on.</summary>
    public void WatchAgain(EntrySlot slot) => _watched.Enqueue(slot);

    /// <summary>
    /// A slice of the list, for walks from its end to its start: removals during the walk swap in what the walk has seen already, and
    /// what is added during a walk waits for the next one.
    /// </summary>
    /// <returns>Where the next slice ends; 0 when the walk is over.</returns>
    public int SliceBefore(int end, Span<EntrySlot?> slice, out int count)
    {
        lock (_listGate)
        {
            end = Math.Min(end, _valued.Count);
            count = Math.Min(end, slice.Length);
            for (var i = 0; i < count; i++)
            {
                slice[i] = _valued[end - 1 - i];
            }

            return end - count;
        }
    }

    /// <summary>Every slot with a value, as of now.</summary>
    public EntrySlot[] Snapshot()
    {
        lock (_listGate)
        {
            return [.. _valued];
        }
    }

    /// <summary>Whether a value of that size could be kept at all.</summary>
    public bool MayHold(long bytes) => _order.MayHold(bytes);

    /// <summary>
    /// What is to go so that there is room; null if there is room, or nothing else to go. Copies go first, that one included for which room is made. It counts no more, and is dropped by the caller, outside of any gate, unless it has another
    /// value by then and counts again.
    /// </summary>
    public EntrySlot? TakeVictim(EntrySlot spared)
    {
        lock (_listGate)
        {
            if (_copies.Oldest is not { } copy || (_order.Bytes + _copies.Bytes <= MaximumBytes && _order.Count + _copies.Count <= _maximumEntries))
            {
                return _order.TakeVictim(spared);
            }

            TakeCopy(copy);
            return copy;
        }
    }

    /// <summary>A value of this silo's own was dropped to make room.</summary>
    public void Evicted(StoredValue value)
    {
        Interlocked.Increment(ref _evictions);
        _evicted?.Evicted(value);
    }

    private void Forget(EntrySlot slot, StoredValue old, StoredValue? replacement)
    {
        if (!old.IsStandbyCopy)
        {
            CountOwn(old, -1);
        }

        foreach (var record in old.TagRecords)
        {
            if (replacement?.TagRecords.Contains(record) != true)
            {
                DependentsIndex.Remove(slot, record);
            }
        }

        _ledger.Detach(old.Records, slot);
    }

    /// <summary>A value of this silo's own came or went. When one takes the place of another, both are told of: tags that both bear count the entry twice for a moment.</summary>
    private void CountOwn(StoredValue value, int by)
    {
        Interlocked.Add(ref _loaded, value.IsLoaded ? by : 0);
        if (_metrics is null)
        {
            return;
        }

        foreach (var record in value.TagRecords)
        {
            _metrics.OnDependents(record.Tag, by);
        }
    }

    private void Link(EntrySlot slot, StoredValue value)
    {
        lock (_listGate)
        {
            if (value.IsStandbyCopy)
            {
                PutCopy(slot, (int)value.Bytes);
            }
            else
            {
                TakeCopy(slot);
                _order.Put(slot, (int)value.Bytes, isRead: !value.IsSet);
            }

            if (slot.Index < 0)
            {
                slot.Index = _valued.Count;
                _valued.Add(slot);
                Volatile.Write(ref _valueCount, _valued.Count);
            }
        }
    }

    private void Unlink(EntrySlot slot)
    {
        lock (_listGate)
        {
            TakeCopy(slot);
            _order.Remove(slot);
            var last = _valued[^1];
            _valued[slot.Index] = last;
            last.Index = slot.Index;
            _valued.RemoveAt(_valued.Count - 1);
            Volatile.Write(ref _valueCount, _valued.Count);
            slot.Index = -1;
        }
    }

    private void PutCopy(EntrySlot slot, int bytes)
    {
        ref var links = ref slot.Links;
        if (links.Queue == EvictionQueue.Beside)
        {
            _copies.Resize(slot, bytes);
            return;
        }

        _order.Remove(slot);
        (links.Bytes, links.Queue) = (bytes, EvictionQueue.Beside);
        _copies.Add(slot);
    }

    private void TakeCopy(EntrySlot slot)
    {
        ref var links = ref slot.Links;
        if (links.Queue == EvictionQueue.Beside)
        {
            _copies.Remove(slot);
            links.Queue = EvictionQueue.None;
        }
    }
}
