namespace OrleansTagCache.Eviction;

/// <summary>
/// The keys of entries that have just gone, as hashes: 8 bytes each. A table of buckets; a slot has a key's hash, the queue that the entry went from, and when, in entries that have
/// gone from that queue. A full bucket forgets the key that went longest ago, so that a key costs the same whatever is remembered.
/// </summary>
/// <remarks>Not thread-safe. Two keys with one hash are taken for each other, which costs one entry a place in the wrong queue.</remarks>
internal sealed class EvictionGhost
{
    /// <summary>A cache line.</summary>
    private const int BucketSize = 8;

    private const int MinimumSlots = 64;
    private const int MaximumSlots = 1 << 30;

    /// <summary>In the lower half of a slot: whether the entry went from the main queue.</summary>
    private const uint MainBit = 1u << 31;

    /// <summary>Each slot: the hash above, the queue and the turn below; 0 for none.</summary>
    private ulong[] _slots = [];
    private uint _smallTurn;
    private uint _mainTurn;

    /// <summary>Remembers a key.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="from">Where its entry went from.</param>
    /// <param name="most">How many keys of each queue may be remembered at this time.</param>
    public void Add(int hash, EvictionQueue from, long most)
    {
        Grow(most);
        var bucket = BucketOf(hash);
        var place = 0;
        for (var i = 0; i < BucketSize; i++)
        {
            if (bucket[i] == 0 || HashOf(bucket[i]) == hash)
            {
                place = i;
                break;
            }

            if (AgeOf(bucket[i]) > AgeOf(bucket[place]))
            {
                place = i;
            }
        }

        var turn = from == EvictionQueue.Main ? MainBit | Next(ref _mainTurn) : Next(ref _smallTurn);
        bucket[place] = ((ulong)(uint)hash << 32) | turn;
    }

    /// <summary>Forgets a key.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="most">How many keys of each queue may be remembered at this time.</param>
    /// <param name="age">How many entries have gone from its queue since its own did.</param>
    /// <returns>The queue that its entry went from; none if it is not among the last that have gone from there.</returns>
    public EvictionQueue Take(int hash, long most, out long age)
    {
        age = 0;
        if (_slots.Length == 0)
        {
            return EvictionQueue.None;
        }

        foreach (ref var slot in BucketOf(hash))
        {
            if (slot != 0 && HashOf(slot) == hash)
            {
                age = AgeOf(slot);
                var from = age >= most ? EvictionQueue.None : IsMain(slot) ? EvictionQueue.Main : EvictionQueue.Small;
                slot = 0;
                return from;
            }
        }

        return EvictionQueue.None;
    }

    private static int HashOf(ulong slot) => (int)(slot >> 32);

    private static bool IsMain(ulong slot) => ((uint)slot & MainBit) != 0;

    private static uint Next(ref uint turn) => turn = turn == MainBit - 1 ? 1 : turn + 1;

    private uint AgeOf(ulong slot) => ((IsMain(slot) ? _mainTurn : _smallTurn) - (uint)slot) & (MainBit - 1);

    private Span<ulong> BucketOf(int hash)
    {
        // By the upper bits of a product: hashes need not differ in their lowest bits, and the number of buckets is no power of two.
        var mixed = (uint)hash * 0x9E3779B1;
        var bucket = (int)(((ulong)mixed * (uint)(_slots.Length / BucketSize)) >> 32);
        return _slots.AsSpan(bucket * BucketSize, BucketSize);
    }

    /// <summary>Keeps somewhat more slots than keys. What was remembered is forgotten when the table grows, which is seldom: it is made when the cache is full.</summary>
    private void Grow(long most)
    {
        if (_slots.Length < most || _slots.Length == 0)
        {
            var slots = (int)Math.Clamp(most + (most / 4), MinimumSlots, MaximumSlots);
            if (_slots.Length < slots)
            {
                _slots = new ulong[slots / BucketSize * BucketSize];
            }
        }
    }
}
