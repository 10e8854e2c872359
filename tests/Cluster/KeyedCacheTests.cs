using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Hosting;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Several namespaces in one process do not see each other, and entries that were made across them expire all the same.</summary>
[Collection(KeyedCacheCollection.Name)]
public sealed class KeyedCacheTests(KeyedCacheCluster cluster)
{
    public static TheoryData<bool> Processes => [true, false];

    [Theory, MemberData(nameof(Processes))]
    public async Task Entries_OfOneKey_AreOneANamespace(bool isClient)
    {
        var (own, shop, press) = Caches(isClient);
        var key = $"entry:{isClient}";
        await own.SetAsync(key, "own");
        await shop.SetAsync(key, "shop");

        Assert.Equal("own", (await own.TryGetAsync<string>(key)).Value);
        Assert.Equal("shop", (await shop.TryGetAsync<string>(key)).Value);
        Assert.False((await press.TryGetAsync<string>(key)).HasValue);

        await shop.RemoveAsync(key);
        Assert.Equal("own", (await own.TryGetAsync<string>(key)).Value);
        Assert.False((await shop.TryGetAsync<string>(key)).HasValue);
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Namespace_IsTheSameInEveryProcess(bool isClient)
    {
        var key = $"everywhere:{isClient}";
        await Caches(isClient).Shop.SetAsync(key, "shop");
        Assert.Equal("shop", (await Caches(!isClient).Shop.TryGetAsync<string>(key)).Value);
    }

    [Theory]
    [InlineData("a tag", true)]
    [InlineData("a tag", false)]
    [InlineData("*", true)]
    [InlineData("*", false)]
    public async Task Update_OfATagOrOfEverything_IsOfItsNamespaceAlone(string tag, bool isClient)
    {
        var (own, shop, press) = Caches(isClient);
        var key = $"update:{tag}:{isClient}";
        foreach (var cache in new[] { own, shop, press })
        {
            Assert.Equal(1, await cache.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(1), new() { Tags = ["a tag"] }));
        }

        await shop.RevalidateTagAsync(tag);

        Assert.Equal(1, await own.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(2), new() { Tags = ["a tag"] }));
        Assert.Equal(2, await shop.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(2), new() { Tags = ["a tag"] }));
        Assert.Equal(1, await press.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(2), new() { Tags = ["a tag"] }));
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Factories_OfOneKey_RunSideBySide(bool isClient)
    {
        var (own, shop, _) = Caches(isClient);
        var held = new TaskCompletionSource();
        var key = $"flight:{isClient}";
        var first = own.GetOrCreateAsync(key, async (_, _) =>
        {
            await held.Task.Soon();
            return "own";
        }).AsTask();

        Assert.Equal("shop", await shop.GetOrCreateAsync(key, (_, _) => new ValueTask<string>("shop")).AsTask().Soon());
        held.SetResult();
        Assert.Equal("own", await first);
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Value_ThatIsNotForStoringInOneNamespace_IsStoredInAnother(bool isClient)
    {
        var (own, shop, _) = Caches(isClient);
        var key = $"unstorable:{isClient}";
        await own.GetOrCreateAsync(key, (_, _) => new ValueTask<Action>(() => { }));
        await shop.GetOrCreateAsync(key, (_, _) => new ValueTask<string>("shop"));

        Assert.False((await own.TryGetAsync<Action>(key)).HasValue);
        Assert.Equal("shop", (await shop.TryGetAsync<string>(key)).Value);
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task NearCache_OfANamespace_HasItsOwnBounds(bool isClient)
    {
        var process = Services(isClient);
        Assert.Equal(NearCacheMode.Off, process.GetRequiredKeyedService<NamespaceServices>("press").GetRequiredService<TagCacheClientOptions>().NearCache);
        var (_, shop, press) = Caches(isClient);
        var key = $"near:{isClient}";
        await shop.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(1));
        await press.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(1));

        // A client keeps what it has read once it has a session with the silo.
        await Events.On(CacheEvent.SessionOpened, CacheEvent.SessionEnded, CacheEvent.UpdateSettled, CacheEvent.PushAcknowledged, CacheEvent.LeaseRenewed).Until(async () =>
        {
            await shop.TryGetAsync<int>(key);
            await press.TryGetAsync<int>(key);
            return Near("shop").Find(key, freshOnly: false).Entry is not null;
        });

        Assert.Null(process.GetRequiredService<NearCache>().Find(key, freshOnly: false).Entry);
        Assert.Equal(0, Near("press").Count);

        NearCache Near(string ns) => process.GetRequiredKeyedService<NamespaceServices>(ns).GetRequiredService<NearCache>();
    }

    [Theory]
    [InlineData(true, "an inner tag")]
    [InlineData(false, "an inner tag")]
    [InlineData(true, "*")]
    [InlineData(false, "*")]
    public async Task UpdateTag_OfAnInnerEntryInAnotherNamespace_ExpiresTheOuterOne(bool isClient, string updated)
    {
        var (own, shop, press) = Caches(isClient);
        var key = $"nested:{isClient}:{updated}";
        Assert.Equal("1", await Outer(1));
        Assert.Equal("1", await Outer(2));

        // The tags that it carries of other namespaces are not among its own, and tags of the same name are others.
        Assert.Equal(["an outer tag"], (await own.TryGetAsync<string>(key)).Tags!);
        await own.RevalidateTagAsync("an inner tag");
        await shop.RevalidateTagAsync("an outer tag");
        Assert.Equal("1", await Outer(3));

        await press.RevalidateTagAsync(updated);
        foreach (var reader in cluster.Everyone)
        {
            Assert.False((await reader.TryGetAsync<string>(key)).HasValue);
        }

        Assert.Equal("4", await Outer(4));

        // From the process's own namespace to one further, and from that to another.
        ValueTask<string> Outer(int value) => own.GetOrCreateAsync(key, async (context, token) =>
        {
            context.Tag("an outer tag");
            return await shop.GetOrCreateAsync(key, async (_, inner) =>
                $"{await press.GetOrCreateAsync(key, (_, _) => new ValueTask<int>(value), new() { Tags = ["an inner tag"] }, inner)}", null, token);
        });
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task UpdateTag_OfTheOuterNamespace_ThatAnInnerEntryDependsOn_ExpiresIt(bool isClient)
    {
        var (own, shop, _) = Caches(isClient);
        var key = $"there and back:{isClient}";
        await Outer(1);
        Assert.Equal(["home"], (await own.TryGetAsync<int>(key)).Tags!);

        await own.RevalidateTagAsync("home");
        Assert.Equal(2, await Outer(2));

        ValueTask<int> Outer(int value) => own.GetOrCreateAsync(key, (_, token) =>
            shop.GetOrCreateAsync(key, (_, inner) => own.GetOrCreateAsync($"{key}:inner", (_, _) => new ValueTask<int>(value), new() { Tags = ["home"] }, inner), null, token));
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task FailureOfAnInnerCallInAnotherNamespace_IsForgottenWithItsTags(bool isClient)
    {
        var (own, shop, _) = Caches(isClient);
        var key = $"failed:{isClient}";
        Assert.Equal("none", await Outer());
        await shop.RevalidateTagAsync("products");
        Assert.False((await own.TryGetAsync<string>(key)).HasValue);

        ValueTask<string> Outer() => own.GetOrCreateAsync(key, async (_, token) =>
        {
            try
            {
                return await shop.GetOrCreateAsync<string>($"{key}:inner", (_, _) => throw new FormatException(), new() { Tags = ["products"] }, token);
            }
            catch (FormatException)
            {
                return "none";
            }
        });
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Views_OfATag_DoNotTellOfOtherNamespaces(bool isClient)
    {
        var (own, shop, _) = Caches(isClient);
        var key = $"view:{isClient}";
        await own.GetOrCreateAsync(key, (_, token) => shop.GetOrCreateAsync($"{key}:inner", (_, _) => new ValueTask<int>(1), new() { Tags = [$"tag of {key}"] }, token));

        var tag = Names.TagId.OfTag(Names.CacheNamespace.Parse("shop"), $"tag of {key}");
        string[] seen = [.. cluster.Orleans.Silos.SelectMany(silo => TagCacheCluster.Get<OrleansTagCache.Views.TagView>(silo).Dependents(tag, 10, after: null))];
        Assert.Equal([$"{key}:inner"], seen);
        var described = await cluster.Orleans.Client.GetGrain<Contracts.IEntryGrain>(Names.CacheNamespace.Default.Scope(key)).Describe();
        Assert.Empty(described!.Snapshot.Tags);
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Updates_InsideAFactoryOfAnotherNamespace_AreRefused(bool isClient)
    {
        var (own, shop, _) = Caches(isClient);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await own.GetOrCreateAsync($"refused:{isClient}", async (_, token) =>
        {
            await shop.RevalidateTagAsync("x", token);
            return 1;
        }));
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Loaders_OfOneName_AreOneANamespace(bool isClient)
    {
        var (own, shop, press) = Caches(isClient);
        Assert.Equal("own item", await own.GetAsync<string>("product", "item"));
        Assert.Equal("shop item", await shop.GetAsync<string>("product", "item"));
        Assert.Contains("No process", (await Assert.ThrowsAsync<TagCacheException>(() => press.GetAsync<string>("product", "item").AsTask())).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Processes))]
    public async Task Adapters_OfANamespace_AreItsOwn(bool isClient)
    {
        var services = Services(isClient);
        var hybrid = services.GetRequiredKeyedService<HybridCache>("shop");
        var key = $"adapter:{isClient}";
        Assert.Equal("shop", await hybrid.GetOrCreateAsync(key, _ => new ValueTask<string>("shop"), tags: ["hybrid"]));
        Assert.Equal("own", await services.GetRequiredService<HybridCache>().GetOrCreateAsync(key, _ => new ValueTask<string>("own"), tags: ["hybrid"]));
        Assert.Equal("shop", (await Caches(isClient).Shop.TryGetAsync<string>(key)).Value);

        // Before the update below: a set counts as made a hundredth of its duration before its call, and the first one of a process takes long.
        var distributed = services.GetRequiredKeyedService<IDistributedCache>("shop");
        await distributed.SetAsync(key, [1], new());
        Assert.Equal([1], (await distributed.GetAsync(key))!);
        Assert.Null(await services.GetRequiredService<IDistributedCache>().GetAsync(key));
        Assert.Null(await services.GetRequiredKeyedService<IDistributedCache>("press").GetAsync(key));

        await services.GetRequiredService<HybridCache>().RemoveByTagAsync("hybrid");
        Assert.Equal("shop", await hybrid.GetOrCreateAsync(key, _ => new ValueTask<string>("new")));
        await hybrid.RemoveByTagAsync("*");
        Assert.Equal("new", await hybrid.GetOrCreateAsync(key, _ => new ValueTask<string>("new")));
    }

    private IServiceProvider Services(bool isClient) => isClient ? cluster.Orleans.Client.ServiceProvider : cluster.Orleans.Silos[0].ServiceProvider;

    private (ITagCache Own, ITagCache Shop, ITagCache Press) Caches(bool isClient)
    {
        var services = Services(isClient);
        return (services.GetRequiredService<ITagCache>(), services.GetRequiredKeyedService<ITagCache>("shop"), services.GetRequiredKeyedService<ITagCache>("press"));
    }
}

/// <summary>A cluster whose processes have the namespaces <c>shop</c> and <c>press</c> besides their own; the adapters come before one of them and after the other.</summary>
public sealed class KeyedCacheCluster : TagCacheCluster
{
    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        silo.AddLoader("product", (_, argument, _) => new ValueTask<string>($"own {argument}"));
        AddNamespaces(silo.Services);
    }

    protected override void ConfigureClient(IClientBuilder client) => AddNamespaces(client.Services);

    private static void AddNamespaces(IServiceCollection services)
    {
        services.AddTagCacheNamespace("shop").AddLoader("product", (_, argument, _) => new ValueTask<string>($"shop {argument}"));
        services.AddTagCacheHybridCache().AddTagCacheDistributedCache();
        services.AddTagCacheNamespace("press", press => press.NearCache = NearCacheMode.Off);
    }
}

[CollectionDefinition(Name)]
public sealed class KeyedCacheCollection : ICollectionFixture<KeyedCacheCluster>
{
    public const string Name = "keyed caches";
}
