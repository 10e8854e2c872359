using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations.Design;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>Maps in models: they go into no migration, and are found again in compiled models.</summary>
[Collection(ShopCollection.Name)]
public sealed class ModelTests(ShopDatabases databases)
{
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Migration_OfAModelWithMaps_IsWritten(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.ShopWithOutbox();
#pragma warning disable EF1001 // What the tools call.
        var services = new ServiceCollection().AddEntityFrameworkDesignTimeServices().AddDbContextDesignTimeServices(shop);
        ((IDesignTimeServices)(provider == ShopDatabases.Sqlite
            ? new Microsoft.EntityFrameworkCore.Sqlite.Design.Internal.SqliteDesignTimeServices()
            : new Npgsql.EntityFrameworkCore.PostgreSQL.Design.Internal.NpgsqlDesignTimeServices())).ConfigureDesignTimeServices(services);
#pragma warning restore EF1001
        await using var tools = services.BuildServiceProvider();
        using var scope = tools.CreateScope();

        var migration = scope.ServiceProvider.GetRequiredService<IMigrationsScaffolder>().ScaffoldMigration("First", "Shops");

        Assert.Contains("name: \"TagCacheOutbox\"", migration.MigrationCode, StringComparison.Ordinal);
        Assert.DoesNotContain("OrleansTagCache:", migration.SnapshotCode, StringComparison.Ordinal);
    }

    /// <summary>A compiled model knows no functions, as it knows no filters.</summary>
    [Fact]
    public async Task Model_ThatWasBuiltBefore_HasItsMaps()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        IModel compiled;
        await using (var plain = new Shop(Plain(host)))
        {
            compiled = plain.Model;
        }

        await using var shop = host.Shop(further: options => options.UseModel(compiled));
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();

        Assert.Equal("hold counter-a", host.Steps.All[0]);
    }

    [Fact]
    public async Task Context_WithoutTheCache_MayHaveMaps()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await using var shop = new Shop(Plain(host));
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        Assert.Empty(host.Cache.Holds);
        Assert.Contains("call options.UseTagCache", Assert.Throws<InvalidOperationException>(() => shop.Database.HoldTags(["a"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_WhoseMapReadsAnUnknownProperty_IsRefused()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await using var shop = new WrongShop(host.Options<WrongShop>());

        Assert.Contains("by its property 'Nothing', which it does not have", Assert.Throws<InvalidOperationException>(() => shop.Model).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_OfEveryRow_AreCheckedAtOnce() =>
        Assert.Contains("A tag must have at least 1", Assert.Throws<ArgumentException>(() => new ModelBuilder().Entity<Counter>().HasCacheTags(string.Empty)).Message, StringComparison.Ordinal);

    /// <summary>Each call may be the application's and a library's: the last one counts, and nothing is held twice.</summary>
    [Fact]
    public async Task UseTagCache_Twice_CountsOnce()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        var other = new RecordingCache(host.Steps);
        await using var shop = host.Shop(further: options => options.UseTagCache(other, o => o.HoldTables = true));
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        Assert.Empty(host.Cache.Holds);
        Assert.Equal(["hold counter-a table:Counters", "insert Counters", "release counter-a table:Counters"], host.Steps.All);
    }

    private static DbContextOptions<Shop> Plain(ShopHost host)
    {
        var options = new DbContextOptionsBuilder<Shop>();
        host.UseDatabase(options);
        return options.Options;
    }

    private sealed class WrongShop(DbContextOptions<WrongShop> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Counter>().HasCacheTagsOf<Counter, int>("Nothing", id => [$"{id}"]);
    }
}
