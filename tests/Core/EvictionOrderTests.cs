using CsCheck;
using OrleansTagCache.Eviction;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>Which entries stay, and what it costs to find one that goes.</summary>
public sealed class EvictionOrderTests
{
    private const int Size = 1_000;

    /// <summary>By number, and by bytes.</summary>
    public static TheoryData<long, long> Bounds => new() { { long.MaxValue, 1_000 }, { 1_000 * Size, long.MaxValue } };

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Put_OverTheBound_HasVictimsUntilThereIsRoom(long maximumBytes, long maximumEntries)
    {
        var cache = new EvictionCache(maximumBytes, maximumEntries);
        for (var key = 0; key < 5_000; key++)
        {
            cache.Read(key, Size);
            Assert.Equal(Math.Min(key + 1, 1_000), cache.Order.Count);
            Assert.Equal(cache.Order.Count * Size, cache.Order.Bytes);
            Assert.True(cache.Has(key));
        }
    }

    /// <summary>Whichever bound is met, and however many entries there are; and the looks are the work.</summary>
    [Theory]
    [InlineData(1_000)]
    [InlineData(90_000)]
    public void Put_WhereBytesBind_CostsNoMoreThanTwiceOneWhereTheNumberBinds(int entries)
    {
        var byNumber = LooksOf(new(long.MaxValue, entries), entries);
        var byBytes = LooksOf(new((long)entries * Size, long.MaxValue), entries);

        Assert.InRange(byNumber, 1.0, 3.0);
        Assert.InRange(byBytes, byNumber / 2, byNumber * 2);
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Put_WhileAllAreReadAsFastAsTheyAreLookedAt_CostsABoundedNumberOfLooks(long maximumBytes, long maximumEntries)
    {
        var cache = new EvictionCache(maximumBytes, maximumEntries);
        for (var key = 0; key < 3_000; key++)
        {
            var before = cache.Order.Looks;
            cache.Read(key, Size);
            Assert.InRange(cache.Order.Looks - before, 0, EvictionOrder<EvictionCache.Entry>.MaximumLooks);
            cache.ReadAll();
        }

        Assert.Equal(1_000, cache.Order.Count);
    }

    [Fact]
    public void Put_OfALargeEntry_CostsWhatItDisplaces()
    {
        var cache = new EvictionCache(1_000 * Size, long.MaxValue);
        for (var key = 0; key < 1_000; key++)
        {
            cache.Read(key, Size);
        }

        cache.Read(5_000, 300 * Size);

        Assert.True(cache.Has(5_000));
        Assert.Equal((701, 300), (cache.Order.Count, cache.Order.Looks));
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Reads_OfKeysThatComeOnce_LeaveTheHotSet(long maximumBytes, long maximumEntries)
    {
        var cache = new EvictionCache(maximumBytes, maximumEntries);
        for (var round = 0; round < 3; round++)
        {
            for (var key = 0; key < 500; key++)
            {
                cache.Read(key, Size);
            }
        }

        for (var key = 10_000; key < 20_000; key++)
        {
            cache.Read(key, Size);
        }

        Assert.InRange(Enumerable.Range(0, 500).Count(cache.Has), 500 * 95 / 100, 500);
    }

    /// <summary>Set now, and read when so many other entries have come as are a part of the cache.</summary>
    [Theory]
    [InlineData(0.05, 0.99)]
    [InlineData(0.2, 0.80)]
    [InlineData(0.5, 0.55)]
    public void Set_ReadLater_IsFound(double lag, double found)
    {
        const int Entries = 1_000;
        var cache = new EvictionCache(long.MaxValue, Entries);
        var random = new Random(1);
        var set = new Queue<(int Key, int At)>();
        var (asked, hits, come) = (0, 0, 0);
        for (var i = 0; i < 40_000; i++)
        {
            // Skewed: popular keys of 5,000.
            var key = (int)(5_000 * Math.Pow(random.NextDouble(), 4));
            come += cache.Has(key) ? 0 : 1;
            cache.Read(key, Size);
            if (i % 4 == 0)
            {
                cache.Set(100_000 + i, Size);
                set.Enqueue((100_000 + i, come++));
            }

            if (set.TryPeek(out var oldest) && come - oldest.At > lag * Entries)
            {
                asked++;
                hits += cache.Has(set.Dequeue().Key) ? 1 : 0;
            }
        }

        Assert.True(hits >= found * asked, $"{hits} of {asked} were found.");
    }

    [Fact]
    public void Read_OfAKeyThatHasJustGone_EntersTheMainQueue()
    {
        var cache = new EvictionCache(long.MaxValue, 100);
        for (var key = 0; key < 110; key++)
        {
            cache.Read(key, Size);
        }

        Assert.False(cache.Has(0));
        cache.Read(0, Size);
        cache.Read(1_000, Size);

        // New keys pass by the one that came back, though it is not read any more, and not by the one that is as new as they are.
        for (var key = 2_000; key < 2_200; key++)
        {
            cache.Read(key, Size);
        }

        Assert.True(cache.Has(0));
        Assert.False(cache.Has(1_000));
    }

    /// <summary>Each key is read twice, and the second read comes when more have come than the small queue has at first.</summary>
    [Fact]
    public void Reads_ThatComeBackSoonAfterTheirKeyHasGone_GiveTheSmallQueueMore()
    {
        var cache = new EvictionCache(long.MaxValue, 1_000);
        var hits = 0;
        for (var i = 0; i < 100_000; i++)
        {
            cache.Read(i, Size);
            hits += i >= 90_000 && cache.Has(i - 180) ? 1 : 0;
            if (i >= 180)
            {
                cache.Read(i - 180, Size);
            }
        }

        Assert.True(hits > 9_000, $"{hits} of 10,000 were found.");
    }

    [Fact]
    public void Put_OfAnotherSize_KeepsThePlaceAndCountsAnew()
    {
        var cache = new EvictionCache(10 * Size, long.MaxValue);
        cache.Read(1, Size);
        cache.Read(2, Size);

        cache.Set(1, 4 * Size);

        Assert.Equal((2, 5 * Size), (cache.Order.Count, cache.Order.Bytes));
        cache.Set(2, 9 * Size);
        Assert.False(cache.Has(1));
        Assert.Equal((1, 9 * Size), (cache.Order.Count, cache.Order.Bytes));
    }

    [Fact]
    public void TakeVictim_WhenOnlyTheSparedIsLeft_TakesNone()
    {
        var order = new EvictionOrder<EvictionCache.Entry>(100, 1);
        var entry = new EvictionCache.Entry(1);
        order.Put(entry, 500, isRead: true);

        Assert.Null(order.TakeVictim(entry));
        Assert.Same(entry, order.TakeVictim(spared: null));
        Assert.Equal((0, 0), (order.Count, order.Bytes));
    }

    [Fact]
    public void Replace_StandsWhereTheOtherOneStood()
    {
        var order = new EvictionOrder<EvictionCache.Entry>(long.MaxValue, 3);
        var entries = Enumerable.Range(0, 4).Select(key => new EvictionCache.Entry(key)).ToArray();
        foreach (var entry in entries[..3])
        {
            order.Put(entry, Size, isRead: true);
        }

        var other = new EvictionCache.Entry(0);
        order.Replace(entries[0], other, 2 * Size);
        order.Remove(entries[0]);
        Assert.Equal((3, 4 * Size), (order.Count, order.Bytes));

        order.Put(entries[3], Size, isRead: true);
        Assert.Same(other, order.TakeVictim(entries[3]));
    }

    [Fact]
    public void Used_CountsToThree()
    {
        var entry = new EvictionCache.Entry(1);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(Math.Min(i, 3), entry.Links.Uses);
            entry.Links.Used();
        }
    }

    [Fact]
    public void AnyCalls_DoWhatTheModelDoes() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 23], Gen.Int[1, 12]).Array[0, 300].Select(Gen.Int[5, 60], Gen.Int[1, 18]).Sample(run =>
        {
            var (calls, maximumBytes, maximumEntries) = run;
            var model = new EvictionOrderModel(maximumBytes, maximumEntries);
            foreach (var (what, key, bytes) in calls)
            {
                model.Call(what, key, bytes);
            }
        });

    /// <summary>The looks that a store costs in a full cache, half of whose entries are read once in between.</summary>
    private static double LooksOf(EvictionCache cache, int entries)
    {
        for (var key = 0; key < entries; key++)
        {
            cache.Read(key, Size);
        }

        const int Stores = 20_000;
        var random = new Random(1);
        var before = cache.Order.Looks;
        for (var i = 0; i < Stores; i++)
        {
            cache.Use(random.Next(entries));
            cache.Read(entries + i, Size);
        }

        return (double)(cache.Order.Looks - before) / Stores;
    }
}
