using OrleansTagCache.Bench.HitRatios.Traces;
using OrleansTagCache.Eviction;

namespace OrleansTagCache.Bench.HitRatios.Caches;

/// <summary>The product's own class.</summary>
internal sealed class Ours(Trace trace, Bound bound) : ICache
{
    private readonly EvictionOrder<Entry> _order = new(bound.Bytes, bound.Entries);
    private readonly Entry?[] _entries = new Entry?[trace.Keys];

    public bool Read(int key)
    {
        var entry = _entries[key] ??= new(key);
        if (entry.IsHere)
        {
            entry.Links.Used();
            return true;
        }

        var bytes = trace.Bytes[key] + bound.Overhead;
        if (_order.MayHold(bytes))
        {
            _order.Put(entry, bytes, isRead: true);
            entry.IsHere = true;
            while (_order.TakeVictim(entry) is { } victim)
            {
                victim.IsHere = false;
            }
        }

        return false;
    }

    private sealed class Entry(int key) : IEvictable<Entry>
    {
        private EvictionLinks<Entry> _links;

        public ref EvictionLinks<Entry> Links => ref _links;

        public int KeyHash => (int)((uint)key * 0x85EBCA6B);

        public bool IsHere { get; set; }
    }
}
