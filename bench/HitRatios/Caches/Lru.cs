using OrleansTagCache.Bench.HitRatios.Traces;

namespace OrleansTagCache.Bench.HitRatios.Caches;

/// <summary>What was read longest ago goes.</summary>
internal sealed class Lru(Trace trace, Bound bound) : ICache
{
    private readonly LinkedListNode<int>?[] _places = new LinkedListNode<int>?[trace.Keys];
    private readonly LinkedList<int> _order = new();
    private long _bytes;

    public bool Read(int key)
    {
        var place = _places[key] ??= new(key);
        if (place.List is not null)
        {
            _order.Remove(place);
            _order.AddLast(place);
            return true;
        }

        var bytes = SizeOf(key);
        if (bytes <= bound.Bytes)
        {
            while (_order.Count >= bound.Entries || _bytes + bytes > bound.Bytes)
            {
                _bytes -= SizeOf(_order.First!.Value);
                _order.RemoveFirst();
            }

            _bytes += bytes;
            _order.AddLast(place);
        }

        return false;
    }

    private long SizeOf(int key) => trace.Bytes[key] + bound.Overhead;
}
