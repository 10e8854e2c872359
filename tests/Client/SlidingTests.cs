using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>An entry that lives as long as it is read, also where it is read from the memory of a process: over the entries of one silo, on a clock that the test owns.</summary>
public sealed class SlidingTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly CacheEntryOptions Options = new() { Life = CacheLife.For(60 * Minute), Sliding = 8 * Minute, Tags = ["sliding"] };

    [Fact]
    public async Task ReadsNear_LengthenTheLife_UpToItsLimit()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();
        var near = services.GetRequiredService<NearCache>();
        await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>("value"), Options);
        for (var minutes = 5; minutes < 60; minutes += 5)
        {
            silo.Time.Advance(5 * Minute);
            await ReadsDue(near, () => cache.GetOrCreateAsync<string>("key", (_, _) => throw new InvalidOperationException("It is there."), Options));
        }

        silo.Time.Advance(5 * Minute + TimeSpan.FromSeconds(1));
        Assert.False((await cache.TryGetAsync<string>("key")).HasValue);
    }

    /// <summary>Until a quarter of the time has gone, a hit does nothing but look; those hits are forgotten if no other follows.</summary>
    [Fact]
    public async Task EntryKeptNear_IsQuietForAQuarter_AndEndsBetweenThreeQuartersAndTheWholeAfterItsLastRead()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();
        var near = services.GetRequiredService<NearCache>();
        await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>("value"), Options);

        silo.Time.Advance(2 * Minute);
        Assert.Equal(NearState.Fresh, near.Find("key", freshOnly: true).State);
        Assert.True((await cache.TryGetAsync<string>("key")).HasValue);
        silo.Time.Advance(6 * Minute);
        Assert.Equal(NearState.Due, near.Find("key", freshOnly: true).State);
        silo.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(near.Find("key", freshOnly: false).Entry);
        Assert.False((await cache.TryGetAsync<string>("key")).HasValue);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LookUpsAndReadsInsideFactories_LengthenTheLifeToo(bool isLookUp)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();
        var near = services.GetRequiredService<NearCache>();
        await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>("value"), Options);
        for (var i = 0; i < 4; i++)
        {
            silo.Time.Advance(5 * Minute);
            await ReadsDue(near, async () => isLookUp
                ? (await cache.TryGetAsync<string>("key")).Value
                : await cache.GetOrCreateAsync($"outer:{i}", (_, token) => cache.GetOrCreateAsync<string>("key", (_, _) => throw new InvalidOperationException("It is there."), Options, token)));
        }
    }

    [Fact]
    public async Task HybridCache_WithASlidingLife_LengthensItByReads()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services.AddTagCacheHybridCache(options => options.Sliding = 2 * Minute));
        var cache = services.GetRequiredService<HybridCache>();
        var near = services.GetRequiredService<NearCache>();
        var options = new HybridCacheEntryOptions { Expiration = 10 * Minute };
        await cache.GetOrCreateAsync("key", _ => new ValueTask<string>("value"), options);
        for (var i = 0; i < 4; i++)
        {
            silo.Time.Advance(1.5 * Minute);
            await ReadsDue(near, () => cache.GetOrCreateAsync<string>("key", _ => throw new InvalidOperationException("It is there."), options));
        }

        silo.Time.Advance(2.5 * Minute);
        Assert.Equal("new", await cache.GetOrCreateAsync("key", _ => new ValueTask<string>("new"), options));
    }

    /// <summary>The answer that lengthens it is on its way while the tag is updated: it brings nothing back.</summary>
    [Fact]
    public async Task Lengthening_OvertakenByAnUpdate_BringsNothingBack()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();
        await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>("old"), Options);
        silo.Time.Advance(5 * Minute);
        var hit = services.GetRequiredService<NearCache>().Find("key", freshOnly: true);
        var ask = services.GetRequiredService<NearCache>().Ask();
        var answer = await silo.Entry("key").Acquire(new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero, ask.Sessions));
        Assert.Equal(NearState.Due, hit.State);

        await silo.Update("sliding");
        services.GetRequiredService<NearCache>().KeepCopy("key", EntrySilo.Scope("key"), answer.Entry!, said: null, answer.Near, ask);

        Assert.Equal("new", await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>("new"), Options));
        Assert.Equal(TimeSpan.FromMinutes(8), answer.Entry!.Sliding);
    }

    /// <summary>A value that is served stale is read as well.</summary>
    [Fact]
    public async Task ReadsOfAStaleValue_LengthenItsLife()
    {
        using var silo = await EntrySilo.Serve();
        await silo.Generate("key", EntrySilo.Data() with { Life = new(TimeSpan.Zero, Minute, 60 * Minute), Sliding = 4 * Minute });
        for (var i = 0; i < 5; i++)
        {
            silo.Time.Advance(3 * Minute);
            Assert.Equal(AcquireStatus.Stale, await Read());
        }

        silo.Time.Advance(5 * Minute);
        Assert.Equal(AcquireStatus.Miss, await Read());

        async Task<AcquireStatus> Read() => (await silo.Entry("key").Acquire(new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero))).Status;
    }

    /// <summary>A generation may take longer than the entry lives unread.</summary>
    [Fact]
    public async Task SlidingLife_BeginsWhenTheValueIsStored()
    {
        using var silo = await EntrySilo.Serve(generationLease: 60 * Minute);
        var token = (await silo.Entry("key").Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;
        silo.Time.Advance(5 * Minute);
        await silo.Entry("key").Commit(token, EntrySilo.Data() with { Sliding = 4 * Minute });

        Assert.Equal(AcquireStatus.Fresh, (await silo.Entry("key").Acquire(new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero))).Status);
    }

    [Fact]
    public async Task SlidingLife_ThatIsNegative_IsRefused()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await services.GetRequiredService<ITagCache>().SetAsync("key", 1, new() { Sliding = -Minute }));
    }

    /// <summary>A read that finds the value due gets it at once, and has another copy brought in its place.</summary>
    private static async Task ReadsDue(NearCache near, Func<ValueTask<string>> read)
    {
        var before = near.Find("key", freshOnly: true).Entry;
        Assert.NotNull(before);
        var kept = Events.On(CacheEvent.NearKept);
        Assert.Equal("value", await read());
        await kept.Until(() => near.Find("key", freshOnly: true) is { State: NearState.Fresh, Entry: { } after } && after != before);
    }
}
