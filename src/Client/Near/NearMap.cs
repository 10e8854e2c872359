using BitFaster.Caching;
using BitFaster.Caching.Lru;
using OrleansTagCache.Coherence;

namespace OrleansTagCache.Near;

/// <summary>Keys to near entries, bounded by number and by bytes; what was not used lately goes first. BitFaster's LRU keeps the order.</summary>
/// <remarks>Thread-safe. A look-up takes no lock.</remarks>
internal sealed class NearMap
{
    /// <summary>The most entries that go at once when there are too many bytes.</summary>
    private const int TrimStep = 16;

    private readonly ConcurrentLruCore<string, NearEntry, LruItem<string, NearEntry>, LruPolicy<string, NearEntry>, Removals> _lru;
    private readonly IAlternateLookup<ReadOnlySpan<char>, string, NearEntry> _bySpan;
    private readonly TagLedger _ledger;
    private readonly Lock _trimming = new();
    private readonly long _maximumBytes;
    private long _bytes;

    public NearMap(TagLedger ledger, int maximumEntries, long maximumBytes)
    {
        (_ledger, _maximumBytes) = (ledger, maximumBytes);
        _lru = new(Environment.ProcessorCount, new FavorWarmPartition(maximumEntries), StringComparer.Ordinal, default, new Removals(this));
        _bySpan = _lru.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _lru.Count;

    public long Bytes => Interlocked.Read(ref _bytes);

    public bool TryGet(string key, out NearEntry entry) => _lru.TryGet(key, out entry!);

    /// <summary>The entry of a key that is no string yet.</summary>
    public bool TryGet(ReadOnlySpan<char> key, out NearEntry entry) => _bySpan.TryGet(key, out entry!);

    /// <summary>Stores an entry, whose records are held already, and makes room for it.</summary>
    public void Store(string key, NearEntry entry)
    {
        Interlocked.Add(ref _bytes, entry.Bytes);
        if (entry.Bytes > _maximumBytes)
        {
            Gone(entry);
            return;
        }

        _lru.AddOrUpdate(key, entry);
        if (!_lru.TryGet(key, out var stored) || stored != entry)
        {
            // Evicted or replaced at once; the LRU does not tell of every such race.
            Gone(entry);
        }

        Trim();
    }

    /// <summary>Removes that entry if it is still the key's.</summary>
    public void Remove(string key, NearEntry entry) => _lru.TryRemove(new KeyValuePair<string, NearEntry>(key, entry));

    /// <summary>A walk over what is there; what comes and goes meanwhile may be missed.</summary>
    public IEnumerator<KeyValuePair<string, NearEntry>> Walk() => _lru.GetEnumerator();

    /// <summary>One thread makes room; the others need not wait for it.</summary>
    private void Trim()
    {
        if (Bytes <= _maximumBytes || !_trimming.TryEnter())
        {
            return;
        }

        try
        {
            while (Bytes > _maximumBytes && _lru.HotCount + _lru.WarmCount + _lru.ColdCount is var count && count > 0)
            {
                // As many as are over the bound, should all of them be of one size; many go at once, few go one by one.
                var mean = Math.Max(1, Bytes / count);
                _lru.Trim((int)Math.Clamp((Bytes - _maximumBytes) / mean, 1, Math.Min(TrimStep, _lru.Capacity)));
            }
        }
        finally
        {
            _trimming.Exit();
        }
    }

    /// <summary>Once for each entry, though the LRU may tell twice of one that is replaced while it is evicted.</summary>
    private void Gone(NearEntry entry)
    {
        if (!entry.TryEnd())
        {
            return;
        }

        Interlocked.Add(ref _bytes, -entry.Bytes);
        _ledger.Release(entry.Records);
        entry.Lease.Dropped();
    }

    /// <summary>Hears of what leaves the LRU; counts nothing, so that a hit writes nothing shared.</summary>
    private readonly struct Removals(NearMap map) : ITelemetryPolicy<string, NearEntry>
    {
        event EventHandler<ItemRemovedEventArgs<string, NearEntry>> ICacheEvents<string, NearEntry>.ItemRemoved
        {
            add { }
            remove { }
        }

        event EventHandler<ItemUpdatedEventArgs<string, NearEntry>> ICacheEvents<string, NearEntry>.ItemUpdated
        {
            add { }
            remove { }
        }

        public double HitRatio => 0;

        public long Total => 0;

        public long Hits => 0;

        public long Misses => 0;

        public long Evicted => 0;

        public long Updated => 0;

        public void IncrementMiss()
        {
        }

        public void IncrementHit()
        {
        }

        public void OnItemRemoved(string key, NearEntry value, ItemRemovedReason reason) => map.Gone(value);

        public void OnItemUpdated(string key, NearEntry oldValue, NearEntry newValue) => map.Gone(oldValue);

        public void SetEventSource(object source)
        {
        }
    }
}
