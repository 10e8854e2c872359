using Microsoft.EntityFrameworkCore;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>Which tags a save holds, by what it changes.</summary>
[Collection(ShopCollection.Name)]
public sealed class ChangedTagsTests(ShopDatabases databases)
{
    [Fact]
    public async Task Save_OfAValueThatMoves_HoldsTheOldAndTheNew()
    {
        var order = new Order { Id = Guid.NewGuid(), CustomerId = 1, Total = 5 };
        await Holds("customer-1 customer-2 orders", [new Customer { Id = 1, Name = "a" }, new Customer { Id = 2, Name = "b" }, order], async shop => (await shop.Orders.SingleAsync()).CustomerId = 2);
    }

    [Fact]
    public async Task Save_OfAForeignKeyThatIsCleared_HoldsTheOld() =>
        await Holds("customer-1 orders", [new Order { Id = Guid.NewGuid(), Customer = new() { Id = 1, Name = "a" } }], async shop => (await shop.Orders.SingleAsync()).CustomerId = null);

    [Fact]
    public async Task Save_OfANavigationThatMoves_HoldsBothEnds() =>
        await Holds("customer-1 customer-3 orders", [new Order { Id = Guid.NewGuid(), Customer = new() { Id = 1, Name = "a" } }],
            async shop => (await shop.Orders.Include(o => o.Customer).SingleAsync()).Customer = new() { Id = 3, Name = "c" });

    [Fact]
    public async Task Save_OfADeletedRow_HoldsItsOldTags() => await Holds("counter-a", [new Counter { Name = "a" }], async shop => shop.Remove(await shop.Counters.SingleAsync()));

    [Fact]
    public async Task Save_OfAnAddedRow_HoldsItsNewTags() => await Holds("counter-b", [], shop => Done(shop.Add(new Counter { Name = "b" })));

    [Fact]
    public async Task Save_OfAShadowProperty_HoldsWhatItsMapMakes()
    {
        await Holds("orders region-east-7 region-west-7", [], async shop =>
        {
            var order = new Order { Id = Guid.NewGuid(), Total = 7 };
            shop.Add(order).Property("Region").CurrentValue = "east";
            await shop.SaveChangesAsync();
            shop.Entry(order).Property("Region").CurrentValue = "west";
        });
    }

    [Fact]
    public async Task Save_OfADerivedType_HoldsTheTagsOfItsBaseToo() => await Holds("animal-tom cats", [], shop => Done(shop.Add(new Cat { Name = "tom" })));

    [Fact]
    public async Task Save_OfAComplexType_IsOneOfItsEntity() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Size.Width = 9);

    [Fact]
    public async Task Save_OfAnOwnedType_IsOneOfItsOwner() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Supplier!.Name = "other");

    [Fact]
    public async Task Save_OfAnOwnedTypeOfAnOwnedType_IsOneOfTheOwner() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Supplier!.Address!.City = "Rome");

    [Fact]
    public async Task Save_OfAnOwnedTypeThatIsTakenAway_IsOneOfItsOwner() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Supplier = null);

    [Fact]
    public async Task Save_OfAnOwnedRowThatIsAdded_IsOneOfItsOwner() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Photos.Add(new() { File = "b" }));

    [Fact]
    public async Task Save_OfAnOwnedRowThatIsRemoved_IsOneOfItsOwner() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Photos.Clear());

    [Fact]
    public async Task Save_OfOwnedJson_IsOneOfItsOwner() => await Holds("product-1", [Chair()], async shop => (await shop.Products.SingleAsync()).Reviews[0].Text = "bad");

    [Fact]
    public async Task Save_OfALinkThatIsAdded_HoldsBothEnds() =>
        await Holds("label-7 product-1", [Chair(), new Label { Id = 7, Name = "new" }], async shop => (await shop.Products.SingleAsync()).Labels.Add(await shop.Labels.SingleAsync()));

    [Fact]
    public async Task Save_OfALinkThatIsRemoved_HoldsBothEnds()
    {
        var chair = Chair();
        chair.Labels.Add(new() { Id = 7, Name = "new" });
        await Holds("label-7 product-1", [chair], async shop => (await shop.Products.Include(p => p.Labels).SingleAsync()).Labels.Clear());
    }

    [Fact]
    public async Task Save_OfACascade_HoldsWhatIsDeletedWithIt()
    {
        foreach (var timing in new[] { Microsoft.EntityFrameworkCore.ChangeTracking.CascadeTiming.Immediate, Microsoft.EntityFrameworkCore.ChangeTracking.CascadeTiming.OnSaveChanges })
        {
            await Holds("customer-1 orders", [new Order { Id = Guid.NewGuid(), Customer = new() { Id = 1, Name = "a" } }], async shop =>
            {
                (shop.ChangeTracker.CascadeDeleteTiming, shop.ChangeTracker.DeleteOrphansTiming) = (timing, timing);
                shop.Remove((await shop.Orders.Include(o => o.Customer).SingleAsync()).Customer!);
            });
        }
    }

    [Fact]
    public async Task Save_OfNothing_HoldsNothing() => await Holds(null, [Chair()], shop => shop.Products.ToListAsync());

    [Fact]
    public async Task Save_WithTables_HoldsEachTableThatIsWritten()
    {
        await Holds("orders table:Orders", [], shop => Done(shop.Add(new Order { Id = Guid.NewGuid() })), o => o.HoldTables = true);
        await Holds("product-1 table:Photos table:Products", [Chair()], async shop => (await shop.Products.SingleAsync()).Photos.Clear(), o => o.HoldTables = true);
        await Holds("product-1 table:Products", [Chair()], async shop => (await shop.Products.SingleAsync()).Reviews.Clear(), o => o.HoldTables = true);
        await Holds("label-7 product-1 table:LabelProduct table:Labels table:Photos table:Products", [Chair(), new Label { Id = 7, Name = "new" }], async shop =>
        {
            var chair = await shop.Products.SingleAsync();
            chair.Labels.Add(await shop.Labels.SingleAsync());
            chair.Photos.Clear();
        }, o => o.HoldTables = true);
    }

    [Fact]
    public async Task OfTables_NamesWhatAQueryOfTheTypeReads()
    {
        await using var shop = (await databases.Open(ShopDatabases.Sqlite)).Shop();

        Assert.Equal(["table:Photos", "table:Products"], TagCacheTags.OfTables<Product>(shop).Order(StringComparer.Ordinal));
        Assert.Equal(["table:Animals"], TagCacheTags.OfTables<Cat>(shop));
        Assert.Equal("table:sales.orders", TagCacheTags.OfTable("orders", "sales"));
        Assert.Contains("'String' is no entity type", Assert.Throws<InvalidOperationException>(() => TagCacheTags.OfTables<string>(shop)).Message, StringComparison.Ordinal);
    }

    private static Product Chair() => new() { Id = 1, Name = "chair", Supplier = new() { Name = "wood", Address = new() { City = "Oslo" } }, Photos = { new() { File = "a" } }, Reviews = { new() { Text = "good" } } };

    private static Task Done(object? _) => Task.CompletedTask;

    private async Task Holds(string? tags, object[] rows, Func<Shop, Task> change, Action<TagCacheSaveOptions>? configure = null)
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await host.Fill(rows);
        await using var shop = host.Shop(configure);
        await change(shop);
        host.Steps.Clear();

        await shop.SaveChangesAsync();

        Assert.Equal(tags is null ? [] : [$"hold {tags}"], host.Steps.All.Where(step => step.StartsWith("hold", StringComparison.Ordinal)));
        Assert.Equal(0, host.Cache.HeldNow);
    }
}
