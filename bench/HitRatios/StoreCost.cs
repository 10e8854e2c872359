using System.Globalization;
using OrleansTagCache.Eviction;

namespace OrleansTagCache.Bench.HitRatios;

/// <summary>What a store costs in a full cache, by which bound is met: each store of a new key makes another entry go.</summary>
internal static class StoreCost
{
    private const int Size = 1_000;
    private const int Rounds = 7;
    private const int Stores = 500_000;

    private static readonly int[] Counts = [1_000, 90_000];

    /// <summary>In turns; medians, in nanoseconds, and the median of the ratios of one round.</summary>
    public static void Write(TextWriter output)
    {
        output.WriteLine("| entries | number binds, ns | bytes bind, ns | bytes / number |\n| ---: | ---: | ---: | ---: |");
        foreach (var count in Counts)
        {
            var (byNumber, byBytes) = (new Cache(long.MaxValue, count), new Cache((long)count * Size, long.MaxValue));
            byNumber.Run(count);
            byBytes.Run(count);
            var rounds = Enumerable.Range(0, Rounds).Select(_ => (Number: byNumber.Run(Stores), Bytes: byBytes.Run(Stores))).ToArray();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {count:N0} | {Median(rounds.Select(round => round.Number)):F0} | {Median(rounds.Select(round => round.Bytes)):F0} | {Median(rounds.Select(round => round.Bytes / round.Number)):F2} |"));
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    /// <summary>A full cache of new keys; each second one is read once, so that eviction has something to weigh.</summary>
    private sealed class Cache(long maximumBytes, long maximumEntries)
    {
        private readonly EvictionOrder<Entry> _order = new(maximumBytes, maximumEntries);
        private int _next;

        /// <returns>Nanoseconds a store.</returns>
        public double Run(int stores)
        {
            var begun = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < stores; i++)
            {
                var entry = new Entry(_next++);
                _order.Put(entry, Size, isRead: true);
                if ((_next & 1) == 0)
                {
                    entry.Links.Used();
                }

                while (_order.TakeVictim(entry) is not null)
                {
                }
            }

            return TimeProvider.System.GetElapsedTime(begun).TotalNanoseconds / stores;
        }
    }

    private sealed class Entry(int key) : IEvictable<Entry>
    {
        private EvictionLinks<Entry> _links;

        public ref EvictionLinks<Entry> Links => ref _links;

        public int KeyHash => (int)((uint)key * 0x85EBCA6B);
    }
}
