using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>
/// Invariant C2: what was made from another entry is a copy of it, however that entry was read. While an update of its tags is open its silo may not have heard of
/// it, and the entry that was made from it is stored nowhere.
/// </summary>
public sealed class NestedCopiesTests
{
    [Theory]
    [InlineData("made")]
    [InlineData("found")]
    [InlineData("kept near")]
    [InlineData("looked for")]
    [InlineData("looked for near")]
    public async Task Entry_MadeFromOneThatWasReadThisWay_IsStoredOnlyOnceNoUpdateOfItsTagIsOpen(string way)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();
        var update = new UpdateId(Guid.NewGuid(), 1);
        silo.Silo.Ledger.Expire(update, [InvalidatorHost.Tag("inner")]);
        if (way != "made")
        {
            await Inner(way.EndsWith("near", StringComparison.Ordinal) ? NearCacheMode.On : NearCacheMode.Off);
            Assert.Equal(way.EndsWith("near", StringComparison.Ordinal), services.GetRequiredService<NearCache>().Find("inner", freshOnly: true).Entry is not null);
        }

        Assert.Equal("outer of inner", await Outer());
        Assert.NotNull(silo.Stored("inner"));
        Assert.Null(silo.Stored("outer"));

        silo.Silo.Ledger.Settle(update);
        Assert.Equal("outer of inner", await Outer());
        Assert.Equal(["inner"], silo.Stored("outer")!.Tags);

        ValueTask<string> Outer() => cache.GetOrCreateAsync("outer", async (_, _) => "outer of " + await (way.StartsWith("looked", StringComparison.Ordinal)
            ? Found()
            : Inner(way == "kept near" ? NearCacheMode.On : NearCacheMode.Off)));

        async ValueTask<string> Found() => (await cache.TryGetAsync<string>("inner")).Value;

        ValueTask<string> Inner(NearCacheMode near) =>
            cache.GetOrCreateAsync("inner", (_, _) => new ValueTask<string>("inner"), new() { Tags = ["inner"], NearCache = near });
    }
}
