using System.Runtime.InteropServices;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Diagnostics;

/// <summary>
/// The keys that were read most in the last minute, by a sample of one in <see cref="OneIn"/> reads. Each of six slices of ten seconds counts at most <see cref="Counters"/> keys, as Misra and Gries do: when a
/// further one comes all counts fall by one, and those at zero go. So what is told of a key is never too much, and no key is left out that had more than one of <see cref="Counters"/> samples of a slice.
/// </summary>
/// <remarks>
/// Thread-safe. A read that is not sampled costs a multiplication. One that is takes the lock, or is passed over if another has it: no reader waits. Which reads are sampled follows from their number, by the golden
/// ratio: evenly, and in step with no pattern of keys that come round again.
/// </remarks>
internal sealed class HotKeys(TimeProvider time)
{
    /// <summary>How many reads one sample stands for.</summary>
    public const int OneIn = 1 << Shift;

    /// <summary>How many keys a slice counts at most.</summary>
    public const int Counters = 512;

    private const int Shift = 5;
    private const int Slices = 6;
    private const ulong GoldenRatio = 0x9E37_79B9_7F4A_7C15;
    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Slice[] _slices = [.. Enumerable.Range(0, Slices).Select(_ => new Slice())];
    private long _nearReads;

    /// <summary>Whether the read of that number is sampled.</summary>
    public static bool IsSampled(long read) => unchecked((ulong)read * GoldenRatio) >> (64 - Shift) == 0;

    /// <summary>Counts a read that a near cache answered for a caller of this silo. Returns whether it is sampled.</summary>
    public bool IsNearReadSampled() => IsSampled(Interlocked.Increment(ref _nearReads));

    /// <summary>A read was sampled.</summary>
    public void Sample(string scopedKey)
    {
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            SliceNeedsLock(NumberOf(time.Now())).Add(scopedKey);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>The keys of a namespace with the most samples of the last minute.</summary>
    public HotKeysOnSilo Of(CacheNamespace ns, int limit)
    {
        var oldest = NumberOf(time.Now()) - Slices + 1;
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var sampled = 0L;
        lock (_gate)
        {
            foreach (var slice in _slices.Where(slice => slice.Number >= oldest))
            {
                sampled += slice.Total;
                foreach (var (scopedKey, count) in slice.Counts)
                {
                    if (ns.TryStrip(scopedKey, out _))
                    {
                        CollectionsMarshal.GetValueRefOrAddDefault(counts, scopedKey, out _) += count;
                    }
                }
            }
        }

        var hottest = counts.OrderByDescending(key => key.Value).ThenBy(key => key.Key, StringComparer.Ordinal).Take(limit);
        return new([.. hottest.Select(key => new HotKey(CacheNamespace.Split(key.Key).Name, key.Value))], sampled, OneIn);
    }

    private static long NumberOf(Moment now) => now.Ticks / SliceLength.Ticks;

    private Slice SliceNeedsLock(long number)
    {
        var slice = _slices[(int)((ulong)number % Slices)];
        if (slice.Number != number)
        {
            slice.BeginAnew(number);
        }

        return slice;
    }

    private sealed class Slice
    {
        public long Number { get; private set; } = long.MinValue;

        public long Total { get; private set; }

        public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

        public void BeginAnew(long number)
        {
            (Number, Total) = (number, 0);
            Counts.Clear();
        }

        public void Add(string scopedKey)
        {
            Total++;
            ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(Counts, scopedKey);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref known))
            {
                known++;
            }
            else if (Counts.Count < Counters)
            {
                Counts.Add(scopedKey, 1);
            }
            else
            {
                Fall();
            }
        }

        /// <summary>As many steps as samples were counted before it.</summary>
        private void Fall()
        {
            foreach (var key in Counts.Keys)
            {
                if (--CollectionsMarshal.GetValueRefOrNullRef(Counts, key) == 0)
                {
                    Counts.Remove(key);
                }
            }
        }
    }
}
