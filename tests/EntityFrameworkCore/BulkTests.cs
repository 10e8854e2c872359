using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary><c>ExecuteUpdate</c> and <c>ExecuteDelete</c>, whose rows are not known.</summary>
[Collection(ShopCollection.Name)]
public sealed class BulkTests(ShopDatabases databases)
{
    [Theory]
    [MemberData(nameof(SaveTests.Ways), MemberType = typeof(SaveTests))]
    public async Task ExecuteUpdate_HoldsTheTableAndWhatEveryRowBears(string provider, bool isAsync)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        var orders = shop.Orders.Where(order => order.Total > 1);

        _ = isAsync ? await orders.ExecuteUpdateAsync(order => order.SetProperty(o => o.Total, 2)) : orders.ExecuteUpdate(order => order.SetProperty(o => o.Total, 2));
        _ = isAsync ? await shop.Animals.ExecuteDeleteAsync() : shop.Animals.ExecuteDelete();

        Assert.Equal(["hold orders table:Orders", "update Orders", "release orders table:Orders", "hold cats table:Animals", "delete Animals", "release cats table:Animals"], host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task ExecuteUpdate_InATransaction_ReleasesAfterItsCommit(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        await shop.Counters.ExecuteUpdateAsync(counter => counter.SetProperty(c => c.Value, 2));
        await transaction.CommitAsync();

        Assert.Equal(["begin", "hold table:Counters", "update Counters", "commit", "release table:Counters"], host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task ExecuteUpdate_ThatTheDatabaseRefuses_Releases(string provider)
    {
        var host = await databases.Open(provider);
        await host.Fill(new Counter { Name = "a" }, new Counter { Name = "b" });
        await using var shop = host.Shop();

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => shop.Counters.Where(c => c.Name == "a").ExecuteUpdateAsync(counter => counter.SetProperty(c => c.Name, "b")));

        Assert.Equal(["hold table:Counters", "release table:Counters"], await host.Steps.Until("release table:Counters"));
    }

    [Fact]
    public async Task ExecuteDelete_InAScope_ReleasesAfterItsCommit()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop();
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await shop.Counters.ExecuteDeleteAsync();
            scope.Complete();
            Assert.Equal(1, host.Cache.HeldNow);
        }

        Assert.Equal(["hold table:Counters", "delete Counters", "release table:Counters"], host.Steps.All);
    }
}
