using OrleansTagCache.Bench.HitRatios.Traces;

namespace OrleansTagCache.Bench.HitRatios.Caches;

/// <summary>What is read again last goes, as one can who knows the reads to come (Belady): no cache of so many entries has more hits.</summary>
internal sealed class Optimum : ICache
{
    private readonly int _maximumEntries;

    /// <summary>For each read, when its key is read next.</summary>
    private readonly int[] _next;

    /// <summary>When each key that is here is read next; -1 for those that are not.</summary>
    private readonly int[] _nextOf;

    /// <summary>Keys by when they were to be read next, the latest first; those whose next read has been since are passed over.</summary>
    private readonly PriorityQueue<int, int> _latest = new(Comparer<int>.Create((left, right) => right.CompareTo(left)));
    private int _count;
    private int _at;

    public Optimum(Trace trace, Bound bound)
    {
        _maximumEntries = bound.Entries;
        _next = new int[trace.Reads.Length];
        _nextOf = new int[trace.Keys];
        Array.Fill(_nextOf, int.MaxValue);
        for (var i = trace.Reads.Length - 1; i >= 0; i--)
        {
            (_next[i], _nextOf[trace.Reads[i]]) = (_nextOf[trace.Reads[i]], i);
        }

        Array.Fill(_nextOf, -1);
    }

    public bool Read(int key)
    {
        var isHit = _nextOf[key] >= 0;
        _nextOf[key] = _next[_at++];
        _latest.Enqueue(key, _nextOf[key]);
        if (!isHit && ++_count > _maximumEntries)
        {
            while (_latest.TryDequeue(out var last, out var at))
            {
                if (_nextOf[last] == at)
                {
                    _nextOf[last] = -1;
                    _count--;
                    break;
                }
            }
        }

        return isHit;
    }
}
