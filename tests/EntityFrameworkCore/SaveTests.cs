using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>When the tags of one save are held and released.</summary>
[Collection(ShopCollection.Name)]
public sealed class SaveTests(ShopDatabases databases)
{
    public static TheoryData<string, bool> Ways => new() { { ShopDatabases.Sqlite, true }, { ShopDatabases.Sqlite, false }, { ShopDatabases.PostgreSql, true }, { ShopDatabases.PostgreSql, false } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Save_OfOneStatement_HoldsBeforeItAndReleasesAfterIt(string provider, bool isAsync)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        shop.Add(new Counter { Name = "a" });

        await Save(shop, isAsync);

        Assert.Equal(["hold counter-a", "insert Counters", "release counter-a"], host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Save_OfSeveralStatements_ReleasesAfterItsCommit(string provider, bool isAsync)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        shop.AddRange(new Counter { Name = "a" }, new Customer { Id = 1, Name = "c" }, new Order { Id = Guid.NewGuid(), CustomerId = 1 });

        await Save(shop, isAsync);

        Assert.Equal(["hold counter-a customer-1 orders", "begin", "commit", "release counter-a customer-1 orders"], host.Steps.All.Where(step => !step.StartsWith("insert", StringComparison.Ordinal)));
        Assert.Equal("begin", host.Steps.All[1]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Save_OfAKeyThatTheDatabaseMakes_HoldsItBeforeTheCommit(string provider, bool isAsync)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        shop.Add(new Product { Name = "chair" });

        await Save(shop, isAsync);

        Assert.Equal(["begin", "insert Products", "hold product-1", "commit", "release product-1"], host.Steps.All);
        Assert.Equal(AutoTransactionBehavior.WhenNeeded, shop.Database.AutoTransactionBehavior);
    }

    /// <summary>The key of the product is temporary until then, and so is what refers to it.</summary>
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_OfAReferenceToAKeyThatTheDatabaseMakes_HoldsItBeforeTheCommit(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        shop.Add(new Bid { Id = Guid.NewGuid(), Product = new() { Name = "chair" } });

        await shop.SaveChangesAsync();

        Assert.Equal(["begin", "insert Products", "insert Bid", "hold bids-1 product-1", "commit", "release bids-1 product-1"], host.Steps.All);
    }

    /// <summary>An interceptor that saves within a save, as some that publish events do.</summary>
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_WithinASave_LeavesNeitherWithoutHolds(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop(further: options => options.AddInterceptors(new SavesWithin()));
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        Assert.Equal(["hold counter-a", "hold counter-a", "insert Counters", "hold counter-b", "insert Counters"], host.Steps.All.Where(step => !step.StartsWith("release", StringComparison.Ordinal)));
        Assert.Equal(0, host.Cache.HeldNow);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_WithoutTransactions_UpdatesWhatItCouldNotHold(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop();
        shop.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
        shop.AddRange(new Counter { Name = "a" }, new Product { Name = "chair" });

        await shop.SaveChangesAsync();

        Assert.Equal("hold counter-a", host.Steps.All[0]);
        Assert.Equal(["release counter-a", "updated product-1"], host.Steps.All[^2..].Order());
        Assert.DoesNotContain("begin", host.Steps.All);
        Assert.Equal(AutoTransactionBehavior.Never, shop.Database.AutoTransactionBehavior);
    }

    [Fact]
    public async Task Save_ThatIsBlockedOnInAContextOfOneThread_Ends()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        host.Cache.BeforeHold = async () => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await Task.Factory.StartNew(
            () =>
            {
                using var shop = host.Shop();
                using var transaction = shop.Database.BeginTransaction();
                shop.Add(new Product { Name = "chair" });
                shop.SaveChanges();
                transaction.Commit();
                shop.Counters.ExecuteDelete();
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler).Soon();

        Assert.Equal(["begin", "insert Products", "hold product-1", "commit", "release product-1", "hold table:Counters", "delete Counters", "release table:Counters"], host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_ThatTheDatabaseRefuses_Releases(string provider)
    {
        var host = await databases.Open(provider);
        await host.Fill(new Counter { Name = "a" });
        await using var shop = host.Shop();
        shop.Add(new Counter { Name = "a" });

        await Assert.ThrowsAsync<DbUpdateException>(() => shop.SaveChangesAsync());

        Assert.Equal(["hold counter-a", "release counter-a"], await host.Steps.Until("release counter-a"));
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_OfARowThatHasChanged_Releases(string provider)
    {
        var host = await databases.Open(provider);
        await host.Fill(new Counter { Name = "a" });
        await using var shop = host.Shop();
        var counter = await shop.Counters.SingleAsync();
        await shop.Database.ExecuteSqlRawAsync("""UPDATE "Counters" SET "Version" = 9""");
        counter.Value = 1;
        host.Steps.Clear();

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => shop.SaveChangesAsync());

        Assert.Equal(["hold counter-a", "update Counters", "release counter-a"], await host.Steps.Until("release counter-a"));
    }

    [Fact]
    public async Task Save_WhoseConnectionIsLost_AbandonsWhatItHolds()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop(further: options => options.AddInterceptors(new Cutter(host.ConnectionString)));
        shop.Add(new Counter { Name = "a" });

        await Assert.ThrowsAnyAsync<Exception>(() => shop.SaveChangesAsync());

        Assert.Equal(["hold counter-a", "abandon counter-a"], host.Steps.All);
    }

    [Fact]
    public async Task Save_ThatAStrategyRepeats_TakesNewHoldsForEachAttempt()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        var cutter = new Cutter(host.ConnectionString);
        await using var shop = host.Shop(further: options => options.UseNpgsql(host.ConnectionString, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.Zero, null)).AddInterceptors(cutter));
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        Assert.Equal(["hold counter-a", "abandon counter-a", "hold counter-a", "insert Counters", "release counter-a"], host.Steps.All);
    }

    [Fact]
    public async Task Save_InATransactionThatAStrategyRepeats_ReleasesTheAttemptThatFailed()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        var cutter = new Cutter(host.ConnectionString);
        await using var shop = host.Shop(further: options => options.UseNpgsql(host.ConnectionString, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.Zero, null)).AddInterceptors(cutter));
        shop.AddRange(new Counter { Name = "a" }, new Counter { Name = "b" });

        await shop.SaveChangesAsync();

        Assert.Equal(
            ["hold counter-a counter-b", "begin", "begin", "hold counter-a counter-b", "insert Counters", "insert Counters", "commit", "release counter-a counter-b"],
            host.Steps.All.Where((step, i) => step != "release counter-a counter-b" || i == host.Steps.All.Length - 1));
        Assert.Equal(2, host.Steps.All.Count(step => step.StartsWith("release", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Save_ThatALaterInterceptorAddsTo_HoldsThatToo(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.Shop(further: options => options.AddInterceptors(new Auditor()));
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        Assert.Equal(["hold counter-a", "begin", "hold counter-audit"], host.Steps.All[..3]);
        Assert.Equal(0, host.Cache.HeldNow);
    }

    [Fact]
    public async Task Save_ThatALaterInterceptorStops_IsReleasedByTheNext()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        var auditor = new Auditor { Fault = new InvalidOperationException("not today") };
        await using var shop = host.Shop(further: options => options.AddInterceptors(auditor));
        shop.Add(new Product { Name = "chair" });
        shop.Add(new Counter { Name = "a" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => shop.SaveChangesAsync());

        auditor.Fault = null;
        await shop.SaveChangesAsync();

        Assert.Equal(0, host.Cache.HeldNow);
        Assert.Equal(AutoTransactionBehavior.WhenNeeded, shop.Database.AutoTransactionBehavior);
    }

    [Fact]
    public async Task Contexts_OfAPool_TakeNothingAlong()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        var services = new ServiceCollection();
        services.AddDbContextPool<PooledShop>(options =>
        {
            host.UseDatabase(options);
            options.AddInterceptors(host.Steps).UseTagCache(host.Cache, o => o.HoldTables = false);
        });
        await using var provider = services.BuildServiceProvider();
        PooledShop first;
        using (var scope = provider.CreateScope())
        {
            first = scope.ServiceProvider.GetRequiredService<PooledShop>();
            await first.Database.BeginTransactionAsync();
            first.Add(new Counter { Name = "a" });
            await first.SaveChangesAsync();
        }

        await host.Steps.Until("release counter-a");
        host.Steps.Clear();
        using (var scope = provider.CreateScope())
        {
            var second = scope.ServiceProvider.GetRequiredService<PooledShop>();
            Assert.Same(first, second);
            second.Add(new Counter { Name = "b" });
            await second.SaveChangesAsync();
        }

        Assert.Equal(["hold counter-b", "insert Counters", "release counter-b"], host.Steps.All);
    }

    [Fact]
    public async Task Save_WithMoreTagsThanACallMayName_TakesSeveralHolds()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await using var shop = host.Shop();
        shop.AddRange(Enumerable.Range(0, 300).Select(i => new Counter { Name = $"{i}" }));

        await shop.SaveChangesAsync();

        Assert.Equal([44, 128, 128], host.Cache.Holds.Select(hold => hold.Tags.Count).Order());
        Assert.Equal(0, host.Cache.HeldNow);
    }

    [Fact]
    public async Task Save_WithMoreTagsThanATransactionMayHold_HoldsEverything()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await using var shop = host.Shop(options => options.MaximumTags = 128);
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.AddRange(Enumerable.Range(0, 129).Select(i => new Counter { Name = $"{i}" }));
        await shop.SaveChangesAsync();
        shop.Add(new Counter { Name = "further" });
        await shop.SaveChangesAsync();
        await transaction.CommitAsync();

        Assert.Equal(["*"], host.Cache.Holds.Single().Tags);
    }

    private static async Task Save(DbContext context, bool isAsync)
    {
        if (isAsync)
        {
            await context.SaveChangesAsync();
        }
        else
        {
            context.SaveChanges();
        }
    }

    internal sealed class PooledShop(DbContextOptions<PooledShop> options) : Shop(options);

    /// <summary>Ends the session of the first save's statement before it is sent, once.</summary>
    private sealed class Cutter(string connection) : DbCommandInterceptor
    {
        private bool _hasCut;

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (eventData.CommandSource == CommandSource.SaveChanges && !_hasCut)
            {
                _hasCut = true;
                await Cut.Sessions(connection);
            }

            return result;
        }
    }

    private sealed class SavesWithin : SaveChangesInterceptor
    {
        private bool _isWithin;

        public override async ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            if (!_isWithin)
            {
                _isWithin = true;
                await eventData.Context!.SaveChangesAsync(cancellationToken);
                eventData.Context.Add(new Counter { Name = "b" });
            }

            return result;
        }
    }

    private sealed class Auditor : SaveChangesInterceptor
    {
        private bool _hasAudited;

        public Exception? Fault { get; set; }

        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            if (Fault is not null)
            {
                throw Fault;
            }

            if (!_hasAudited)
            {
                _hasAudited = true;
                eventData.Context!.Add(new Counter { Name = "audit" });
            }

            return new(result);
        }
    }
}
