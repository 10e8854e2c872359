using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Listeners;
using OrleansTagCache.Near;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What a near cache holds in memory, beside the bounds that it is given.</summary>
public sealed class NearCacheTests
{
    [Fact]
    public async Task Read_OfAValueThatAnotherProcessMade_KeepsTheReadersStringsOfItsTags()
    {
        using var silo = await EntrySilo.Serve();
        await using var maker = ProcessOver.Start(silo);
        await maker.GetRequiredService<ITagCache>().GetOrCreateAsync("key", (_, _) => new ValueTask<string>("made"), new() { Tags = ["own", "shared"] });
        var (shared, own) = (new string("shared"), new string("own"));

        await using var reader = ProcessOver.Start(silo, services => services.AddSingleton<INearLeases>(new SiloNearLeases(new(100), silo.Silo.Lease)));
        Assert.Equal("made", await reader.GetRequiredService<ITagCache>().GetOrCreateAsync("key", (_, _) => new ValueTask<string>("other"), new() { Tags = [shared, "another", own] }));

        var kept = reader.GetRequiredService<NearCache>().Find("key", freshOnly: true).Entry!.Tags;
        Assert.Equal(["own", "shared"], kept);
        Assert.Same(own, kept[0]);
        Assert.Same(shared, kept[1]);
    }

    /// <summary>The value's own silo may have stored it before it heard of the hold: then it does not say so.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task KeepGenerated_WhileATagIsHeldHere_KeepsNothing(bool isHeld)
    {
        using var silo = await EntrySilo.Serve();
        var ledger = new TagLedger(100);
        using var cache = new NearCache(new SiloNearLeases(ledger, silo.Silo.Lease), new(), CacheListeners.None, silo.Time, NullLogger<NearCache>.Instance);
        if (isHeld)
        {
            ledger.Hold(new(Guid.NewGuid(), 1), [InvalidatorHost.Tag("t")]);
        }

        cache.KeepGenerated("key", EntrySilo.Scope("key"), EntrySilo.Data("t"), terms: null, cache.Ask());

        Assert.Equal(isHeld ? 0 : 1, cache.Count);
    }

    [Fact]
    public async Task Sweep_OfACacheThatHasGrown_LooksAtItFromTheStart()
    {
        using var silo = await EntrySilo.Serve();
        var ledger = new TagLedger(100);
        using var cache = new NearCache(new SiloNearLeases(ledger, silo.Silo.Lease), new(), CacheListeners.None, silo.Time, NullLogger<NearCache>.Instance);
        Keep(0, 5_000);
        Sweep();
        Assert.Equal(5_000, cache.Count);

        // Of the first walk less than a slice is left.
        Keep(5_000, 15_000);
        ledger.ExpireEverything();
        Sweep();
        Assert.Equal(15_000 - 4_096, cache.Count);

        void Keep(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                var key = $"key{i}";
                cache.KeepCopy(key, EntrySilo.Scope(key), new(Payload.Null, [], CacheLife.Max, TimeSpan.Zero), said: null, terms: null, cache.Ask());
            }
        }

        void Sweep() => silo.Time.Advance(TimeSpan.FromMilliseconds(250));
    }
}
