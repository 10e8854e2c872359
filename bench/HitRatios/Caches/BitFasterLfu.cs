using BitFaster.Caching.Lfu;
using BitFaster.Caching.Scheduler;

namespace OrleansTagCache.Bench.HitRatios.Caches;

/// <summary>W-TinyLFU as BitFaster has it. It counts entries, not bytes.</summary>
internal sealed class BitFasterLfu(Bound bound) : ICache
{
    private readonly ConcurrentLfu<int, int> _cache = new(concurrencyLevel: 1, bound.Entries, new ForegroundScheduler(), EqualityComparer<int>.Default);

    public bool Read(int key)
    {
        if (_cache.TryGet(key, out _))
        {
            return true;
        }

        _cache.AddOrUpdate(key, key);
        return false;
    }
}
