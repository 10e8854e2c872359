using System.Text;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What stands for a tag of another namespace comes with entries that were read there. No call can name it, whatever it takes tags for.</summary>
public sealed class ForeignTagsTests
{
    private static readonly string Forged = ForeignTag.Of(TagId.OfTag(CacheNamespace.Parse("shop"), "sale"));

    [Fact]
    public async Task OutputCacheStore_WithOne_IsRefused_AndStoresNothing()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services.AddTagCacheOutputCache());
        var store = services.GetRequiredService<IOutputCacheStore>();

        var fault = await Assert.ThrowsAsync<ArgumentException>(async () => await store.SetAsync("page", "page"u8.ToArray(), ["page", Forged], TimeSpan.FromMinutes(1), default));

        Assert.StartsWith("A tag must not contain control characters", fault.Message, StringComparison.Ordinal);
        Assert.Null(await store.GetAsync("page", default));
        await store.SetAsync("page", "page"u8.ToArray(), ["page", "page", "other"], TimeSpan.FromMinutes(1), default);
        Assert.Equal("page", Encoding.UTF8.GetString((await store.GetAsync("page", default))!));
    }

    [Fact]
    public async Task InnerCall_WithOne_IsRefused_AndTheOuterEntryDoesNotBearIt()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();

        await cache.GetOrCreateAsync("outer", async (_, token) =>
        {
            await Assert.ThrowsAsync<ArgumentException>(async () =>
                await cache.GetOrCreateAsync("inner", (_, _) => new ValueTask<string>("inner"), new() { Tags = ["inner", Forged] }, token));
            return "outer";
        });

        Assert.Equal(["inner"], silo.Stored("outer")!.Tags);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("set")]
    [InlineData("factory")]
    [InlineData("hybrid")]
    [InlineData("update")]
    public async Task Call_WithOne_StoresNothingUnderIt(string call)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services.AddTagCacheHybridCache());
        var cache = services.GetRequiredService<ITagCache>();

        var fault = await Record.ExceptionAsync(async () =>
        {
            switch (call)
            {
                case "create":
                    await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>("value"), new() { Tags = [Forged] });
                    break;
                case "set":
                    await cache.SetAsync("key", "value", new() { Tags = [Forged] });
                    break;
                case "factory":
                    await cache.GetOrCreateAsync("key", (context, _) =>
                    {
                        context.Tag(Forged);
                        return new ValueTask<string>("value");
                    });
                    break;
                case "hybrid":
                    await services.GetRequiredService<HybridCache>().GetOrCreateAsync("key", _ => new ValueTask<string>("value"), tags: [Forged]);
                    break;
                default:
                    await cache.RevalidateTagAsync(Forged);
                    break;
            }
        });

        // HybridCache gives the value to its caller all the same.
        Assert.Equal(call != "hybrid", fault is ArgumentException);
        Assert.Null(silo.Stored("key"));
    }

    /// <summary>A factory that fails has read there: what is made of its failure depends on that.</summary>
    [Fact]
    public async Task InnerFactory_ThatFails_LeavesWhatItReadElsewhereToTheOuterEntry()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services.AddSingleton<INamespaceOptions, OptionsByName>().AddTagCacheNamespace("shop"));
        var (cache, shop) = (services.GetRequiredService<ITagCache>(), services.GetRequiredKeyedService<ITagCache>("shop"));

        await cache.GetOrCreateAsync("outer", async (_, token) =>
        {
            await Assert.ThrowsAsync<FormatException>(async () => await cache.GetOrCreateAsync<string>("inner", async (_, innerToken) =>
            {
                await shop.GetOrCreateAsync("sale", (_, _) => new ValueTask<string>("sale"), new() { Tags = ["sale"] }, innerToken);
                throw new FormatException();
            }, cancellationToken: token));
            return "outer";
        });

        Assert.Contains(Forged, silo.Stored("outer")!.Tags);
    }

    private sealed class OptionsByName : INamespaceOptions
    {
        public TagCacheClientOptions Of(string name) => new() { Namespace = name };
    }
}
