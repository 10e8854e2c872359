using OrleansTagCache.Eviction;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>Which keys of entries that have gone are remembered.</summary>
public sealed class EvictionGhostTests
{
    private readonly EvictionGhost _ghost = new();

    [Fact]
    public void Take_ForgetsTheKey()
    {
        _ghost.Add(1, EvictionQueue.Main, most: 10);

        Assert.Equal(EvictionQueue.Main, _ghost.Take(1, most: 10, out _));
        Assert.Equal(EvictionQueue.None, _ghost.Take(1, most: 10, out _));
    }

    [Fact]
    public void Take_TellsHowManyHaveGoneFromTheSameQueueSince()
    {
        _ghost.Add(1, EvictionQueue.Small, most: 10);
        _ghost.Add(2, EvictionQueue.Small, most: 10);
        _ghost.Add(3, EvictionQueue.Main, most: 10);
        _ghost.Add(4, EvictionQueue.Small, most: 10);

        Assert.Equal(EvictionQueue.Small, _ghost.Take(1, most: 10, out var age));
        Assert.Equal(2, age);
    }

    [Fact]
    public void Take_AfterMoreHaveGoneThanAreRemembered_FindsNone()
    {
        for (var key = 0; key < 11; key++)
        {
            _ghost.Add(key, EvictionQueue.Small, most: 10);
        }

        Assert.Equal(EvictionQueue.None, _ghost.Take(0, most: 10, out _));
        Assert.Equal(EvictionQueue.Small, _ghost.Take(1, most: 10, out _));
    }

    /// <summary>Full buckets forget some before their time.</summary>
    [Fact]
    public void Take_AmongMany_FindsNearlyAllOfTheLast()
    {
        const int Most = 10_000;
        var random = new Random(1);
        var hashes = Enumerable.Range(0, 5 * Most).Select(_ => random.Next()).ToArray();
        foreach (var hash in hashes)
        {
            _ghost.Add(hash, EvictionQueue.Small, Most);
        }

        Assert.InRange(hashes[^Most..].Count(hash => _ghost.Take(hash, Most, out _) == EvictionQueue.Small), Most * 85 / 100, Most);
    }
}
