using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>The promise, in a cluster of three silos and a client: from the moment of the commit on, no process reads what was cached before it.</summary>
[Collection(ShopCollection.Name)]
public sealed class PromiseTests(ShopDatabases databases, PromiseTests.Cluster cluster) : IClassFixture<PromiseTests.Cluster>
{
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Commit_IsSeenByEveryProcessBeforeItHasReturned(string provider)
    {
        var shop = await Open(provider);
        foreach (var saver in cluster.Everyone)
        {
            for (var round = 0; round < 5; round++)
            {
                var before = await ReadByAll(shop);
                var committed = new List<int>();
                await using var context = shop.Context(saver, async () => committed.AddRange(await ReadByAll(shop)));
                (await context.Counters.SingleAsync()).Value++;
                await context.SaveChangesAsync();

                Assert.All(before, value => Assert.Equal(before[0], value));
                Assert.Equal(cluster.Everyone.Length, committed.Count);
                Assert.All(committed.Concat(await ReadByAll(shop)), value => Assert.Equal(before[0] + 1, value));
            }
        }
    }

    /// <summary>What a reader made while the transaction was open, from before it or from within it, is not there afterwards.</summary>
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Transaction_ThatIsRolledBack_LeavesNothingOfIt(string provider)
    {
        var shop = await Open(provider);
        await ReadByAll(shop);
        await using (var context = shop.Context(cluster.Client))
        await using (await context.Database.BeginTransactionAsync())
        {
            (await context.Counters.SingleAsync()).Value = 77;
            await context.SaveChangesAsync();
            Assert.Equal(77, await Read(cluster.Client, shop.Key, async () => (await context.Counters.AsNoTracking().SingleAsync()).Value));
        }

        Assert.All(await ReadByAll(shop), value => Assert.Equal(0, value));
        await UntilStored(shop);
    }

    /// <summary>A process that dies between its commit and the release: the hold ends by itself, and values are stored again.</summary>
    [Fact]
    public async Task Commit_ThatIsNeverReleased_IsSeenAndItsTagsEndByThemselves()
    {
        var shop = await Open(ShopDatabases.PostgreSql);
        await ReadByAll(shop);
        await using var connection = new Npgsql.NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var outside = await connection.BeginTransactionAsync();
        var context = new Shop(new DbContextOptionsBuilder<Shop>().UseNpgsql(connection).UseTagCache(cluster.Client, options => options.AtMost = TimeSpan.FromSeconds(2)).Options);
        await context.Database.UseTransactionAsync(outside);
        (await context.Counters.SingleAsync()).Value = 5;
        await context.SaveChangesAsync();
        await outside.CommitAsync();

        Assert.All(await ReadByAll(shop), value => Assert.Equal(5, value));
        await UntilStored(shop);
        Assert.All(await ReadByAll(shop), value => Assert.Equal(5, value));
    }

    private async Task<Database> Open(string provider)
    {
        var host = await databases.Open(provider);
        var database = new Database(host);
        await using var context = database.Context(cluster.Client);
        context.Add(new Counter { Name = database.Key });
        await context.SaveChangesAsync();
        return database;
    }

    private async Task<int[]> ReadByAll(Database shop) => await Task.WhenAll(cluster.Everyone.Select(cache => Read(cache, shop.Key, shop.Value)));

    private static async Task<int> Read(ITagCache cache, string key, Func<Task<int>> value) => await cache.GetOrCreateAsync(key, async (_, _) => await value(), new() { Tags = [$"counter-{key}"] });

    /// <summary>Until a read finds what another one has stored.</summary>
    private async Task UntilStored(Database shop) => await Events.On(CacheEvent.EntryStored, CacheEvent.LeaseRenewed).Until(async () =>
    {
        await Read(cluster.Client, shop.Key, shop.Value);
        return (await cluster.Client.TryGetAsync<int>(shop.Key)).HasValue;
    });

    public sealed class Cluster : TagCacheCluster;

    private sealed class Database(ShopHost host)
    {
        public string Key { get; } = $"{Guid.NewGuid():N}";

        public string ConnectionString => host.ConnectionString;

        public Shop Context(ITagCache cache, Func<Task>? afterCommit = null)
        {
            var options = new DbContextOptionsBuilder<Shop>();
            host.UseDatabase(options);
            options.AddInterceptors(new AfterCommit(afterCommit ?? (() => Task.CompletedTask))).UseTagCache(cache);
            var context = new Shop(options.Options);

            // So that its commit is told of.
            context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
            return context;
        }

        /// <summary>Past the cache.</summary>
        public async Task<int> Value()
        {
            var options = new DbContextOptionsBuilder<Shop>();
            host.UseDatabase(options);
            await using var context = new Shop(options.Options);
            return (await context.Counters.AsNoTracking().SingleAsync()).Value;
        }
    }

    /// <summary>Runs when the database has committed, before the holds are released.</summary>
    private sealed class AfterCommit(Func<Task> run) : DbTransactionInterceptor
    {
        public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) => run();
    }
}
