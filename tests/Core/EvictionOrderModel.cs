using OrleansTagCache.Eviction;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>An order beside two lists and a list of what has gone.</summary>
internal sealed class EvictionOrderModel(long maximumBytes, long maximumEntries)
{
    private readonly EvictionOrder<EvictionCache.Entry> _order = new(maximumBytes, maximumEntries);
    private readonly Dictionary<int, EvictionCache.Entry> _entries = [];
    private readonly List<Place> _small = [];
    private readonly List<Place> _main = [];
    private readonly List<(int Key, bool IsMain)> _gone = [];
    private double _share = 0.1;

    private IEnumerable<Place> All => _small.Concat(_main);

    public void Call(int what, int key, int bytes)
    {
        var place = All.SingleOrDefault(each => each.Key == key);
        switch (what)
        {
            case 0:
                _order.Remove(EntryOf(key));
                _ = _small.Remove(place!) || _main.Remove(place!);
                break;
            case 1 when place is not null:
                EntryOf(key).Links.Used();
                place.Uses = Math.Min(place.Uses + 1, 3);
                break;
            case 2 when place is not null:
                var old = EntryOf(key);
                _order.Replace(old, _entries[key] = new(key), bytes);
                place.Bytes = bytes;
                MakeRoom(place);
                break;
            default:
                Put(key, bytes, place, isRead: what != 3);
                break;
        }

        Assert.Equal((All.Count(), All.Sum(each => each.Bytes)), (_order.Count, _order.Bytes));
    }

    private void Put(int key, int bytes, Place? place, bool isRead)
    {
        if (place is null)
        {
            place = new(key);
            Come(place, isRead);
        }

        _order.Put(EntryOf(key), bytes, isRead);
        place.Bytes = bytes;
        MakeRoom(place);
    }

    private void Come(Place place, bool isRead)
    {
        var count = All.Count();
        var at = _gone.FindIndex(gone => gone.Key == place.Key);
        var isKnown = false;
        if (at >= 0)
        {
            var (_, wasMain) = _gone[at];
            var age = _gone.Skip(at + 1).Count(gone => gone.IsMain == wasMain);
            _gone[at] = (-1, wasMain);
            isKnown = age < count;
            if (isKnown && isRead && age < count * 0.1)
            {
                _share = Math.Clamp(_share + ((wasMain ? -20.0 : 10.0) / count), 0.02, 0.95);
            }
        }

        (isKnown || !isRead ? _main : _small).Add(place);
    }

    private void MakeRoom(Place spared)
    {
        while (All.Count() > maximumEntries || All.Sum(each => each.Bytes) > maximumBytes)
        {
            var victim = Pick(spared);
            Assert.Equal(victim?.Key, _order.TakeVictim(EntryOf(spared.Key))?.Key);
            if (victim is null)
            {
                return;
            }

            var at = _gone.FindIndex(gone => gone.Key == victim.Key);
            if (at >= 0)
            {
                _gone[at] = (-1, _gone[at].IsMain);
            }

            _gone.Add((victim.Key, _main.Contains(victim)));
            _ = _small.Remove(victim) || _main.Remove(victim);
        }

        Assert.Null(_order.TakeVictim(EntryOf(spared.Key)));
    }

    private Place? Pick(Place spared)
    {
        Place? least = null;
        var leastUses = int.MaxValue;
        for (var looks = 0; looks < EvictionOrder<EvictionCache.Entry>.MaximumLooks; looks++)
        {
            var isSmallOver = _main.Count == 0 || _small.Sum(each => each.Bytes) > maximumBytes * _share || _small.Count > maximumEntries * _share;
            var (first, second) = isSmallOver ? (_small, _main) : (_main, _small);
            var next = first.Count == 0 ? null
                : first[0] != spared ? first[0]
                : first.Count > 1 ? first[1] : second.FirstOrDefault();
            if (next is null)
            {
                break;
            }

            var uses = next.Uses;
            if (uses < leastUses)
            {
                (least, leastUses) = (next, uses);
            }

            if (uses == 0)
            {
                break;
            }

            next.Uses = _small.Remove(next) ? 0 : uses - 1;
            _main.Remove(next);
            _main.Add(next);
        }

        return least;
    }

    private EvictionCache.Entry EntryOf(int key)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry = new(key);
        }

        return entry;
    }

    private sealed class Place(int key)
    {
        public int Key => key;

        public int Uses { get; set; }

        public long Bytes { get; set; }
    }
}
