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
    private readonly HeldSession<string> _session = new(new(Guid.NewGuid(), 1), "silo");

    [Fact]
    public void Store_OverTheBytes_MakesRoom()
    {
        var map = new NearMap(_ledger, 1_000, MaximumBytes);
        for (var i = 0; i < 200; i++)
        {
            map.Store($"key{i}", Entry($"key{i}", 100_000));
            Assert.InRange(map.Bytes, 1, MaximumBytes);
        }

        Assert.Equal(map.Count, _session.KeptCount);
    }

    [Fact]
    public void Store_OfAValueLargerThanTheBound_LeavesTheOthers()
    {
        var map = new NearMap(_ledger, 1_000, MaximumBytes);
        map.Store("small", Entry("small", 10));

        map.Store("large", Entry("large", (int)MaximumBytes));

        Assert.True(map.TryGet("small", out _));
        Assert.False(map.TryGet("large", out _));
        Assert.Equal(1, _session.KeptCount);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(15)]
    public void Store_IntoASmallMap_StaysWithinTheBound(int maximumEntries)
    {
        var map = new NearMap(_ledger, maximumEntries, MaximumBytes);
        for (var i = 0; i < 100; i++)
        {
            map.Store($"key{i}", Entry($"key{i}", 200_000));
        }

        Assert.InRange(map.Bytes, 1, MaximumBytes);
    }

    /// <summary>By number, and by bytes: a store costs the same, and one of a large value what it makes room for.</summary>
    [Theory]
    [InlineData(1_000, long.MaxValue)]
    [InlineData(100_000, 1_000 * Size)]
    public void Store_IntoAFullMap_LooksAtNoMoreEntriesThanGo(int maximumEntries, long maximumBytes)
    {
        var map = new NearMap(_ledger, maximumEntries, maximumBytes);
        for (var i = 0; i < 3_000; i++)
        {
            map.Store($"key{i}", Entry($"key{i}", 1_000));
        }

        Assert.Equal((1_000, 2_000), (map.Count, map.Looks));
    }

    [Fact]
    public void Store_OfALargeValue_LooksAtNoMoreEntriesThanGo()
    {
        var map = new NearMap(_ledger, 100_000, 1_000 * Size);
        for (var i = 0; i < 1_000; i++)
        {
            map.Store($"key{i}", Entry($"key{i}", 1_000));
        }

        map.Store("large", Entry("large", 300 * (int)Size - NearEntry.Overhead));

        Assert.Equal((701, 300), (map.Count, map.Looks));
    }

    [Theory]
    [InlineData(1_000, long.MaxValue)]
    [InlineData(100_000, 1_000 * Size)]
    public void Store_OfKeysThatNobodyReadsAgain_LeavesThoseThatAreRead(int maximumEntries, long maximumBytes)
    {
        var map = new NearMap(_ledger, maximumEntries, maximumBytes);
        var read = Enumerable.Range(0, 200).Select(i => $"read{i}").ToArray();
        foreach (var key in read)
        {
            map.Store(key, Entry(key, 1_000));
        }

        for (var i = 0; i < 10_000; i++)
        {
            if (i % 1_000 == 0)
            {
                Assert.All(read, key => Assert.True(map.TryGet(key, out _), $"{key} after {i}"));
            }

            map.Store($"scanned{i}", Entry($"scanned{i}", 1_000));
        }

        Assert.Equal(1_000, map.Count);
    }

    [Fact]
    public void Store_OfEntriesThatAllAreRead_MakesRoomAllTheSame()
    {
        var map = new NearMap(_ledger, 3, MaximumBytes);
        for (var i = 0; i < 10; i++)
        {
            map.Store($"key{i}", Entry($"key{i}", 10));
            Assert.True(map.TryGet($"key{i}", out _));
        }

        Assert.Equal(3, map.Count);
        Assert.True(map.TryGet("key9", out _));
    }

    [Fact]
    public void Remove_GivesBackThePayloadAndTheRecords()
    {
        var map = new NearMap(_ledger, 1_000, MaximumBytes);
        var entry = Entry("key", 1_000);
        map.Store("key", entry);

        map.Remove("key", entry);

        using var services = new ServiceCollection().BuildServiceProvider();
        Assert.False(entry.TryGetValue<byte[]>(new(services), out _));
        Assert.Equal(0, map.Bytes);
        Assert.Equal(0, _session.KeptCount);
        Assert.Equal(0, _ledger.Counts.Records);
    }

    [Fact]
    public async Task Store_ByManyThreads_CountsEveryEntryOnce()
    {
        var map = new NearMap(_ledger, 20, MaximumBytes);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var key = $"key{(i * 7 + thread) % 40}";
                map.Store(key, Entry(key, 100));
            }
        })));

        // Between a removal and its count nothing is left behind: what is there is what is counted.
        Assert.Equal(map.Count, _session.KeptCount);
        Assert.Equal(map.Count * (100L + NearEntry.Overhead), map.Bytes);
        Assert.Equal(map.Count + 1, _ledger.Counts.Records);
    }

    private NearEntry Entry(string key, int bytes)
    {
        var records = _ledger.Hold(TagId.OfEntry(CacheNamespace.Default.Scope(key), []));
        _session.Kept();
        return new(new(new byte[bytes], null), CacheLife.Max, new Moment(0), _ledger.Stamp(), records, _session);
    }
}
