using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What IDistributedCache and HybridCache say of an entry arrives at it: over the entries of one silo, on a clock that the test owns.</summary>
public sealed class AdapterRulesTests
{
    private static readonly TimeSpan Sliding = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1.5);

    [Fact]
    public async Task SlidingExpiration_OfADistributedCache_IsLengthenedByEachRead_AndEndsWithoutOne()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services.AddTagCacheDistributedCache());
        var cache = services.GetRequiredService<IDistributedCache>();
        await cache.SetAsync("sliding", [1], new() { SlidingExpiration = Sliding });
        for (var i = 0; i < 3; i++)
        {
            silo.Time.Advance(Step);
            Assert.Equal([1], await cache.GetAsync("sliding"));
        }

        silo.Time.Advance(Step);
        await cache.RefreshAsync("sliding");
        silo.Time.Advance(Step);
        Assert.Equal([1], await cache.GetAsync("sliding"));
        silo.Time.Advance(Sliding + TimeSpan.FromSeconds(1));
        Assert.Null(await cache.GetAsync("sliding"));
    }

    /// <summary>A read in a batch counts too.</summary>
    [Fact]
    public async Task SlidingExpiration_IsLengthenedByReadsInABatch()
    {
        using var silo = await EntrySilo.Serve();
        await silo.Generate("sliding", EntrySilo.Data() with { Sliding = Sliding });
        for (var i = 0; i < 3; i++)
        {
            silo.Time.Advance(Step);
            Assert.Equal(AcquireStatus.Fresh, InABatch());
        }

        silo.Time.Advance(Sliding + TimeSpan.FromSeconds(1));
        Assert.Equal(AcquireStatus.Miss, InABatch());

        AcquireStatus InABatch() =>
            silo.Batches.AcquireFresh([new(EntrySilo.Scope("sliding"), MayGenerate: false, FreshOnly: false, Guid.Empty)], sessions: null)[0]?.Status ?? AcquireStatus.Miss;
    }

    [Theory]
    [InlineData(HybridCacheEntryFlags.None, true)]
    [InlineData(HybridCacheEntryFlags.DisableLocalCacheWrite, false)]
    [InlineData(HybridCacheEntryFlags.DisableLocalCache, false)]
    public async Task FactoryOfAHybridCache_ThatDecidesAgainstTheLocalCache_IsHeeded(HybridCacheEntryFlags decided, bool isNear)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services.AddTagCacheHybridCache());
        var cache = services.GetRequiredService<HybridCache>();

        Assert.Equal(1, await cache.GetOrCreateAsync("decided", (context, _) =>
        {
            context.Flags = decided;
            return ValueTask.FromResult(1);
        }));

        Assert.NotNull(silo.Stored("decided"));
        Assert.Equal(isNear, services.GetRequiredService<NearCache>().Find("decided", freshOnly: true).Entry is not null);
    }
}
