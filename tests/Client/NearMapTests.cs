using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What is kept near is bounded, and what has left it gives back its memory and its records.</summary>
public sealed class NearMapTests
{
    private const long MaximumBytes = 1024 * 1024;

    /// <summary>Of an entry with 1,000 bytes.</summary>
    private const long Size = 1_000 + NearEntry.Overhead;

    private readonly TagLedger _ledger = new(100);
    private readonly OwnSession<string> _session = new(new(Guid.NewGuid(), 1), "silo");

    [Fact]
    public void Store_OverTheBytes_MakesRoom()
    {
        var map = MapOf(1_000, MaximumBytes);
        for (var i = 0; i < 200; i++)
        {
            Keep(map, $"key{i}", 100_000);
            Assert.InRange(map.Bytes, 1, MaximumBytes);
        }

        Assert.Equal(map.Count, _session.KeptCount);
    }

    [Fact]
    public void Store_OfAValueLargerThanTheBound_LeavesTheOthers()
    {
        var map = MapOf(1_000, MaximumBytes);
        Keep(map, "small", 10);

        Keep(map, "large", (int)MaximumBytes);

        Assert.True(map.TryGet("small", out _));
        Assert.False(map.TryGet("large", out _));
        Assert.Equal(1, _session.KeptCount);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(15)]
    public void Store_IntoASmallMap_StaysWithinTheBound(int maximumEntries)
    {
        var map = MapOf(maximumEntries, MaximumBytes);
        for (var i = 0; i < 100; i++)
        {
            Keep(map, $"key{i}", 200_000);
        }

        Assert.InRange(map.Bytes, 1, MaximumBytes);
    }

    /// <summary>By number, and by bytes: a store costs the same, and one of a large value what it makes room for.</summary>
    [Theory]
    [InlineData(1_000, long.MaxValue)]
    [InlineData(100_000, 1_000 * Size)]
    public void Store_IntoAFullMap_LooksAtNoMoreEntriesThanGo(int maximumEntries, long maximumBytes)
    {
        var map = MapOf(maximumEntries, maximumBytes);
        for (var i = 0; i < 3_000; i++)
        {
            Keep(map, $"key{i}", 1_000);
        }

        Assert.Equal((1_000, 2_000), (map.Count, map.Looks));
    }

    [Fact]
    public void Store_OfALargeValue_LooksAtNoMoreEntriesThanGo()
    {
        var map = MapOf(100_000, 1_000 * Size);
        for (var i = 0; i < 1_000; i++)
        {
            Keep(map, $"key{i}", 1_000);
        }

        Keep(map, "large", 300 * (int)Size - NearEntry.Overhead);

        Assert.Equal((701, 300), (map.Count, map.Looks));
    }

    [Theory]
    [InlineData(1_000, long.MaxValue)]
    [InlineData(100_000, 1_000 * Size)]
    public void Store_OfKeysThatAreNotReadAgain_LeavesThoseThatAreRead(int maximumEntries, long maximumBytes)
    {
        var map = MapOf(maximumEntries, maximumBytes);
        var read = Enumerable.Range(0, 200).Select(i => $"read{i}").ToArray();
        foreach (var key in read)
        {
            Keep(map, key, 1_000);
        }

        for (var i = 0; i < 10_000; i++)
        {
            if (i % 1_000 == 0)
            {
                Assert.All(read, key => Assert.True(map.TryGet(key, out _), $"{key} after {i}"));
            }

            Keep(map, $"scanned{i}", 1_000);
        }

        Assert.Equal(1_000, map.Count);
    }

    [Fact]
    public void Store_OfEntriesThatAllAreRead_MakesRoomAllTheSame()
    {
        var map = MapOf(3, MaximumBytes);
        for (var i = 0; i < 10; i++)
        {
            Keep(map, $"key{i}", 10);
            Assert.True(map.TryGet($"key{i}", out _));
        }

        Assert.Equal(3, map.Count);
        Assert.True(map.TryGet("key9", out _));
    }

    [Fact]
    public void Remove_GivesBackThePayloadAndTheRecords()
    {
        var map = MapOf(1_000, MaximumBytes);
        var entry = Keep(map, "key", 1_000);

        map.Remove(entry);

        using var services = new ServiceCollection().BuildServiceProvider();
        Assert.False(entry.TryGetValue<byte[]>(new(services), out _));
        Assert.Equal(0, map.Bytes);
        Assert.Equal(0, _session.KeptCount);
        Assert.Equal(0, _ledger.Counts.Records);
    }

    /// <summary>The key is updated while its value is on its way: nothing is stored yet, and the update must find where it will be.</summary>
    [Fact]
    public void Take_UntilItIsGivenBack_IsFoundByTheLedger()
    {
        var map = MapOf(10, MaximumBytes);
        var slot = map.Take("key");
        var stamp = _ledger.Stamp();
        var (records, isKeyLive) = _ledger.Attach(TagId.OfEntry(KeyOf(slot).Name, []), KeyOf(slot), slot, stamp);
        Assert.True(isKeyLive);
        Assert.False(map.TryGet("key", out _));

        _ledger.Expire([TagId.OfKey(CacheNamespace.Default.Scope("key"))]);

        Assert.False(slot.Admits(stamp));
        _ledger.Detach(records, slot);
        map.GiveBack(slot);
        Assert.Null(map.Find(KeyOf(slot)));
        Assert.False(_ledger.IsLive([KeyOf(slot)], stamp));
    }

    /// <summary>What is known of a key is in its slot: until that has been given back to the ledger, another value of the key must not begin without it.</summary>
    [Theory]
    [InlineData("removed")]
    [InlineData("evicted")]
    [InlineData("too large")]
    public void Slot_UntilItsRecordsAreReleased_IsFoundByTheLedger(string how)
    {
        var map = MapOf(2, MaximumBytes);
        var slot = map.Take("key");
        KeySlot? found = null;
        var lease = new Watched(() => found = map.Find(KeyOf(slot)));
        var (records, _) = _ledger.Attach(TagId.OfEntry(KeyOf(slot).Name, []), KeyOf(slot), slot, _ledger.Stamp());
        var bytes = how == "too large" ? (int)MaximumBytes : 1;
        var entry = new NearEntry(new(new byte[bytes], null), CacheLife.Max, new Moment(0), _ledger.Stamp(), records, slot, lease);
        map.Store(slot, entry, bytes);
        for (var i = 0; how == "evicted" && i < 2; i++)
        {
            Keep(map, $"other{i}", 1);
        }

        if (how == "removed")
        {
            map.Remove(entry);
        }

        Assert.Same(slot, found);
        Assert.Null(map.Find(KeyOf(slot)));
    }

    [Fact]
    public void Store_WhileOthersHoldTheSlot_LeavesItToThem()
    {
        var map = MapOf(10, MaximumBytes);
        var slot = map.Take("key");

        map.Remove(Keep(map, "key", 10));

        Assert.Same(slot, map.Find(KeyOf(slot)));
        map.GiveBack(slot);
        Assert.Null(map.Find(KeyOf(slot)));
        Assert.Null(map.Find(TagId.OfKey("5:otherkey")));
    }

    [Fact]
    public async Task Store_ByManyThreads_CountsEveryEntryOnce()
    {
        var map = MapOf(20, MaximumBytes);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var key = $"key{(i * 7 + thread) % 40}";
                Keep(map, key, 100);
            }
        })));

        // Between a removal and its count nothing is left behind: what is there is what is counted.
        Assert.Equal(map.Count, _session.KeptCount);
        Assert.Equal(map.Count * (100L + NearEntry.Overhead), map.Bytes);
        Assert.Equal(1, _ledger.Counts.Records);
    }

    private NearMap MapOf(int maximumEntries, long maximumBytes)
    {
        var map = new NearMap(_ledger, CacheNamespace.Default, maximumEntries, maximumBytes);
        _ledger.Add(map);
        return map;
    }

    private static TagId KeyOf(NearSlot slot) => TagId.OfKey(CacheNamespace.Default.Scope(slot.Name));

    private NearEntry Keep(NearMap map, string key, int bytes)
    {
        var slot = map.Take(key);
        var (records, _) = _ledger.Attach(TagId.OfEntry(KeyOf(slot).Name, []), KeyOf(slot), slot, _ledger.Stamp());
        _session.Kept();
        var entry = new NearEntry(new(new byte[bytes], null), CacheLife.Max, new Moment(0), _ledger.Stamp(), records, slot, _session);
        map.Store(slot, entry, bytes);
        return entry;
    }

    /// <summary>It is told when an entry has been let go of, and not before its records have.</summary>
    private sealed class Watched(Action dropped) : INearLease
    {
        public bool IsOver => false;

        public bool IsValid(Moment now) => true;

        public void Kept()
        {
        }

        public void Dropped() => dropped();
    }
}
