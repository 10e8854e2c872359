using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Generators;

public sealed class GeneratorCluster : TagCacheCluster
{
    public Runs Runs { get; } = new();

    protected override void ConfigureSilo(ISiloBuilder silo) => silo.Services.AddSingleton(Runs);

    protected override void ConfigureClient(IClientBuilder client) => client.Services.AddSingleton(Runs);
}

/// <summary>Generated methods on a cluster, as an application calls them.</summary>
public sealed class CachedMethodTests(GeneratorCluster cluster) : IClassFixture<GeneratorCluster>
{
    private IProducts Here => Of(cluster.Client);

    private IProducts There => Of(cluster.Silos[1]);

    [Fact]
    public async Task Call_ThroughItsInterface_IsMadeOnceForEveryProcess()
    {
        var made = await Here.FindAsync(1);

        Assert.Equal(new Product(1, "one", 1), made);
        Assert.Equal(made, await Here.FindAsync(1));
        Assert.Equal(made, await There.FindAsync(1));
        Assert.Equal(new Product(2, "one", 1), await Here.FindAsync(2));
    }

    [Fact]
    public async Task UpdateTag_OfATemplate_ExpiresTheEntryOfThatArgument()
    {
        await Here.FindAsync(11);
        await Here.FindAsync(12);
        await Update("gen-product-11");

        Assert.Equal((2, 1), ((await There.FindAsync(11))!.Made, (await There.FindAsync(12))!.Made));
    }

    [Theory]
    [InlineData(21, "gen-products")]
    [InlineData(22, "gen-of-the-body")]
    public async Task UpdateTag_OfTheAttributeOrTheBody_ExpiresTheEntry(int id, string tag)
    {
        await Here.FindAsync(id);
        await Update(tag);

        Assert.Equal(2, (await Here.FindAsync(id))!.Made);
    }

    [Fact]
    public async Task Life_IsOfTheProfile()
    {
        var key = "OrleansTagCache.Tests.Generators.Products.FindAsync(int):31";
        await Here.FindAsync(31);

        Assert.Equal(CacheLife.Hours, (await cluster.Client.TryGetAsync<Product?>(key)).Life);
    }

    [Fact]
    public async Task Null_IsAValue()
    {
        Assert.Null(await Here.FindAsync(-5));
        Assert.True((await cluster.Client.TryGetAsync<Product?>("OrleansTagCache.Tests.Generators.Products.FindAsync(int):-5")).HasValue);
    }

    [Fact]
    public async Task Record_IsItsMembers()
    {
        var products = new Products(cluster.Client, cluster.Runs);
        var small = new Query("a", 1, [Size.Small]) { Country = "FR" };

        Assert.Equal("a 1 1  run 1", await products.SearchAsync(small));
        Assert.Equal("a 1 1  run 1", await products.SearchAsync(new Query("a", 1, [Size.Small]) { Country = "FR" }));
        Assert.Equal("a 1 1  run 2", await products.SearchAsync(small with { Sizes = [Size.Large] }));
        Assert.Equal("a 1 1  run 3", await products.SearchAsync(small with { Country = null }));
        Assert.Equal("a 1 1 12/24/2026 run 4", await products.SearchAsync(small, new DateOnly(2026, 12, 24)));
        await Update("gen-country-FR");
        Assert.Equal("a 1 1  run 5", await products.SearchAsync(small));
        Assert.Equal("a 1 1  run 3", await products.SearchAsync(small with { Country = null }));
    }

    [Fact]
    public async Task CachedCall_InABody_GivesItsTags()
    {
        var products = new Products(cluster.Client, cluster.Runs);

        Assert.Equal("one 1", await products.NameAsync(41));
        Assert.Equal("one 1", await products.NameAsync(41));
        await Update("gen-product-41");
        Assert.Equal("one 2", await products.NameAsync(41));
    }

    [Fact]
    public async Task Overloads_AreApart()
    {
        var products = new Products(cluster.Client, cluster.Runs);

        Assert.Equal(("one 1", "by text 51"), (await products.NameAsync(51), await products.NameAsync("51")));
    }

    [Fact]
    public async Task TypeArguments_ArePartOfTheKey() => Assert.Equal(
        ("Int32", "String"),
        (await new Repository<int>(cluster.Client).TypeAsync(), await new Repository<string>(cluster.Client).TypeAsync()));

    [Fact]
    public async Task Exception_OfTheBody_ReachesTheCaller()
    {
        var products = new Products(cluster.Client, cluster.Runs);

        Assert.Equal("so", (await Assert.ThrowsAsync<FormatException>(() => products.FailAsync("so"))).Message);
    }

    [Fact]
    public async Task Cancellation_OfTheCaller_ReachesTheBody()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Here.FindAsync(61, cancelled.Token));
        Assert.Equal(1, (await Here.FindAsync(61))!.Made);
    }

    [Fact]
    public async Task ParameterNotInKey_IsPassedToTheBody()
    {
        var (first, second) = (new Runs(), new Runs());

        Assert.Equal(72, await cluster.Client.PriceAsync(new(71), first));
        Assert.Equal(72, await cluster.Silos[0].PriceAsync(new(71), second));
        Assert.Equal((1, 0), (first.Of("price 71"), second.Of("price 71")));
        await Update("gen-price-71");
        Assert.Equal(72, await cluster.Silos[0].PriceAsync(new(71), second));
        Assert.Equal(1, second.Of("price 71"));
    }

    [Fact]
    public async Task Body_WithServices_RefreshesBehindItsReaders()
    {
        var sku = new Sku("a-1");
        Assert.Equal(1, await ProductQueries.StockAsync(cluster.Client, sku));
        Assert.Equal(1, await ProductQueries.StockAsync(cluster.Client, new("A-1")));
        await cluster.Client.RevalidateTagAsync("gen-stock", CacheLife.Max);

        // No reader waits for it, not even the one that begins it.
        Assert.Equal(1, await ProductQueries.StockAsync(cluster.Client, sku));
        await Events.On(CacheEvent.RefreshEnded, CacheEvent.EntryStored, CacheEvent.LeaseRenewed).Until(async () => await ProductQueries.StockAsync(cluster.Silos[2], sku) == 2);
    }

    [Fact]
    public async Task List_OfCustomParts_MayBeEmptyOrHaveNulls()
    {
        var products = new Products(cluster.Client, cluster.Runs);
        var calls = new string?[][] { [], [null], [""], ["null"], ["a,b"], ["a", "b"] };
        foreach (var names in calls)
        {
            await products.ListAsync<Sku>([], names);
        }

        foreach (var arguments in new[] { "[],[]", "[],[null]", "[],[\"\"]", "[],[\"null\"]", "[],[\"a,b\"]", "[],[\"a\",\"b\"]" })
        {
            Assert.True((await cluster.Client.TryGetAsync<Sku[]>($"gen.products.by:\"{typeof(Sku)}\",{arguments}")).HasValue, arguments);
        }
    }

    /// <summary>As an application gets it.</summary>
    private IProducts Of(ITagCache cache) =>
        new ServiceCollection().AddSingleton(cache).AddSingleton(cluster.Runs).AddSingleton<IProducts, Products>().BuildServiceProvider().GetRequiredService<IProducts>();

    private async Task Update(string tag)
    {
        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync(tag);
        }
    }
}
