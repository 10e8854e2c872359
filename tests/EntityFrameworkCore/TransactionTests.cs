using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>What is held for a transaction: from its first write until its outcome is known.</summary>
[Collection(ShopCollection.Name)]
public sealed class TransactionTests(ShopDatabases databases)
{
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Transaction_OfSeveralSaves_HoldsWithEachAndReleasesAfterTheCommit(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        shop.Add(new Product { Name = "chair" });
        await shop.SaveChangesAsync();
        await transaction.CommitAsync();

        Assert.Equal(["begin", "hold counter-a", "insert Counters", "insert Products", "hold product-1", "commit"], host.Steps.All[..6]);
        Assert.Equal(["release counter-a", "release product-1"], host.Steps.All[6..].Order());
    }

    /// <summary>Providers use the object of a transaction again for the next one.</summary>
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Transactions_OfOneConnection_HaveHoldsOfTheirOwn(string provider)
    {
        var host = await databases.Open(provider);
        await host.Fill(new Counter { Name = "a" });
        await using var shop = host.Shop();
        foreach (var end in new[] { "commit", "rollback", "commit" })
        {
            host.Steps.Clear();
            await using var transaction = await shop.Database.BeginTransactionAsync();
            (await shop.Counters.SingleAsync()).Value++;
            await shop.SaveChangesAsync();
            await (end == "commit" ? transaction.CommitAsync() : transaction.RollbackAsync());

            Assert.Equal(["begin", "hold counter-a", "update Counters", end, "release counter-a"], await host.Steps.Until("release counter-a"));
        }
    }

    /// <summary>A hold that ends while its transaction goes on does not stand for the next save of the same rows.</summary>
    [Fact]
    public async Task Save_OfTagsWhoseHoldIsOver_HoldsThemAgain()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await host.Fill(new Counter { Name = "a" });
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        var counter = await shop.Counters.SingleAsync();
        counter.Value = 1;
        await shop.SaveChangesAsync();
        host.Cache.Holds.Single(hold => !hold.HasEnded).Remaining = TimeSpan.Zero;
        counter.Value = 2;
        await shop.SaveChangesAsync();

        Assert.Equal(["begin", "hold counter-a", "update Counters", "hold counter-a", "update Counters"], host.Steps.All);
    }

    /// <summary>Its end is not told, so nothing is left to it.</summary>
    [Fact]
    public async Task Transaction_OfOthersWithoutAHold_UpdatesNowAndLater()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var services = new ServiceCollection().AddSingleton<ITagCache>(host.Cache).AddSingleton<TimeProvider>(time).BuildServiceProvider();
        host.Cache.Fault = what => what == "hold" ? new TagCacheUnavailableException() : null;
        await using var connection = new Npgsql.NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync();
        await using var outside = await connection.BeginTransactionAsync();
        await using var shop = new Shop(host.Options<Shop>(further: options => options.UseNpgsql(connection).UseTagCache(services, o => o.HoldTables = false)));
        await shop.Database.UseTransactionAsync(outside);
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        await outside.CommitAsync();

        await host.Steps.Until("updated counter-a");
        await Waits.Advance(time, TimeSpan.FromSeconds(1), () => host.Steps.All.Count(step => step == "updated counter-a") == 2);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Transaction_ThatIsRolledBack_Releases(string provider)
    {
        foreach (var isDisposed in new[] { true, false })
        {
            var host = await databases.Open(provider);
            await using var shop = host.Shop();

            // So that nothing but the transaction itself tells of its end.
            await shop.Database.OpenConnectionAsync();
            var transaction = await shop.Database.BeginTransactionAsync();
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            Assert.Equal(1, host.Cache.HeldNow);

            await (isDisposed ? transaction.DisposeAsync().AsTask() : transaction.RollbackAsync());

            Assert.Equal(0, host.Cache.HeldNow);
            await host.Steps.Until("release counter-a");
        }
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Savepoint_ThatIsRolledBackTo_ReleasesNothing(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        await transaction.CreateSavepointAsync("before");
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        await transaction.RollbackToSavepointAsync("before");
        Assert.Equal(1, host.Cache.HeldNow);

        await transaction.CommitAsync();

        Assert.Equal(["begin", "hold counter-a", "insert Counters", "commit", "release counter-a"], host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_ThatFailsInATransaction_KeepsWhatIsHeldUntilItsEnd(string provider)
    {
        var host = await databases.Open(provider);
        await host.Fill(new Counter { Name = "a" });
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Counter { Name = "a" });
        await Assert.ThrowsAsync<DbUpdateException>(() => shop.SaveChangesAsync());
        Assert.Equal(1, host.Cache.HeldNow);

        await transaction.CommitAsync();

        Assert.Equal(["begin", "hold counter-a", "commit", "release counter-a"], host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Transaction_OfTwoContexts_HasOneSetOfHolds(string provider)
    {
        var host = await databases.Open(provider);
        await using var first = host.Shop();
        await using var transaction = await first.Database.BeginTransactionAsync();
        first.Add(new Counter { Name = "a" });
        await first.SaveChangesAsync();
        await using var second = new Shop(new DbContextOptionsBuilder(host.Options<Shop>(further: options =>
        {
            _ = host.Provider == ShopDatabases.Sqlite ? (object)options.UseSqlite(first.Database.GetDbConnection()) : options.UseNpgsql(first.Database.GetDbConnection());
        })).Options);
        await second.Database.UseTransactionAsync(transaction.GetDbTransaction());
        (await second.Counters.SingleAsync()).Value = 2;
        second.Add(new Counter { Name = "b" });
        await second.SaveChangesAsync();
        Assert.Equal(2, host.Cache.HeldNow);

        await transaction.CommitAsync();

        Assert.Equal(["hold counter-a", "hold counter-b"], host.Steps.All.Where(step => step.StartsWith("hold", StringComparison.Ordinal)));
        Assert.Equal("commit", host.Steps.All[^3]);
        Assert.Equal(["release counter-a", "release counter-b"], host.Steps.All[^2..].Order());
    }

    [Fact]
    public async Task Scope_ThatIsCompleted_ReleasesAfterItsCommit()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop();
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            shop.Add(new Product { Name = "chair" });
            await shop.SaveChangesAsync();
            scope.Complete();
            Assert.Equal(["hold counter-a", "insert Counters", "insert Products", "hold product-1"], host.Steps.All);
        }

        Assert.Equal(["release counter-a", "release product-1"], host.Steps.All[4..].Order());
        Assert.Equal(1, await shop.Counters.CountAsync());
    }

    [Fact]
    public async Task Scope_ThatIsNotCompleted_Releases()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
        }

        await host.Steps.Until("release counter-a");
        Assert.Equal(0, await shop.Counters.CountAsync());
    }

    [Fact]
    public async Task Scope_WhoseHoldIsOver_TakesAnotherBeforeItsCommit()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop();
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            host.Cache.Holds.Single().Remaining = TimeSpan.Zero;
            scope.Complete();
        }

        Assert.Equal(["hold counter-a", "insert Counters", "abandon counter-a", "hold counter-a", "release counter-a"], host.Steps.All);
    }

    [Fact]
    public async Task Scope_WithoutAHoldBeforeItsCommit_IsRolledBackIfTheOptionsSaySo()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop(options => options.WithoutHold = WithoutHold.FailBeforeCommit);
        var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        host.Cache.Holds.Single().Remaining = TimeSpan.Zero;
        host.Cache.Fault = _ => new TagCacheUnavailableException();
        scope.Complete();

        Assert.IsType<TagCacheUnavailableException>(Assert.Throws<TransactionAbortedException>(scope.Dispose).InnerException);
        Assert.Equal(0, await shop.Counters.CountAsync());
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Commit_WhoseHoldIsOver_TakesAnotherFirst(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        host.Cache.Holds.Single().Remaining = TimeSpan.FromMilliseconds(999);

        await transaction.CommitAsync();

        Assert.Equal(["begin", "hold counter-a", "insert Counters", "abandon counter-a", "hold counter-a", "commit", "release counter-a"], host.Steps.All);
    }

    [Fact]
    public async Task Commit_ThatTheDatabaseRefuses_ReleasesWithTheTransaction()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop();
        await shop.Database.ExecuteSqlRawAsync("""ALTER TABLE "Orders" ALTER CONSTRAINT "FK_Orders_Customers_CustomerId" DEFERRABLE INITIALLY DEFERRED""");
        await using (var transaction = await shop.Database.BeginTransactionAsync())
        {
            shop.Add(new Order { Id = Guid.NewGuid(), CustomerId = 77 });
            await shop.SaveChangesAsync();
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => transaction.CommitAsync());
        }

        Assert.Equal(["begin", "hold customer-77 orders", "insert Orders", "release customer-77 orders"], await host.Steps.Until("release customer-77 orders"));
    }

    [Fact]
    public async Task Commit_WhoseConnectionIsLost_AbandonsWhatItHolds()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop();
        await using (var transaction = await shop.Database.BeginTransactionAsync())
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            await Cut.Sessions(host.ConnectionString);
            await Assert.ThrowsAnyAsync<DbException>(() => transaction.CommitAsync());
        }

        Assert.Equal(["begin", "hold counter-a", "insert Counters", "abandon counter-a"], host.Steps.All);
    }

    [Fact]
    public async Task Commit_ThatIsTriedAgain_HoldsAgain()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        var once = new FailsOnce();
        await using var shop = host.Shop(further: options => options.AddInterceptors(once));
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => transaction.CommitAsync());
        Assert.Equal(["begin", "hold counter-a", "insert Counters", "abandon counter-a"], host.Steps.All);

        await transaction.CommitAsync();

        Assert.Equal(["hold counter-a", "commit", "release counter-a"], host.Steps.All[4..]);
    }

    /// <summary>The whole save is repeated when the commit of its own transaction was lost: with new holds.</summary>
    [Fact]
    public async Task Commit_OfASaveThatAStrategyRepeats_IsHeldAgain()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop(further: options => options.UseNpgsql(host.ConnectionString, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.Zero, null)).AddInterceptors(new FailsOnce()));
        shop.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        Assert.Equal(["hold counter-a", "begin", "insert Counters", "abandon counter-a", "begin", "hold counter-a", "insert Counters", "commit", "release counter-a"], host.Steps.All);
    }

    [Fact]
    public async Task HoldTags_InATransaction_HoldsUntilItsEnd()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await using var shop = host.Shop();
        await Assert.ThrowsAsync<InvalidOperationException>(() => shop.Database.HoldTagsAsync(["products"]));
        await using (var transaction = await shop.Database.BeginTransactionAsync())
        {
            await shop.Database.HoldTagsAsync(["products"]);
            shop.Database.HoldTags(["products", "prices"]);
            await shop.Database.ExecuteSqlRawAsync("""UPDATE "Products" SET "Price" = 1""");
            await transaction.CommitAsync();
        }

        Assert.Equal(["begin", "hold products", "hold prices", "update Products", "commit"], host.Steps.All[..5]);
        Assert.Equal(0, host.Cache.HeldNow);
    }

    /// <summary>A commit that fails after it was sent, and leaves open whether it happened.</summary>
    private sealed class FailsOnce : DbTransactionInterceptor
    {
        private bool _hasFailed;

        public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                throw new TimeoutException();
            }

            return new(result);
        }
    }
}
