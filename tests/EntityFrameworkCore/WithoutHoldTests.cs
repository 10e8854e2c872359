using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>Saves whose tags cannot be held, or not for long enough, or whose release is not confirmed.</summary>
[Collection(ShopCollection.Name)]
public sealed class WithoutHoldTests(ShopDatabases databases)
{
    [Fact]
    public async Task Save_WithoutAHold_CommitsAndUpdates()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        host.Cache.Fault = call => call == "hold" ? new TagCacheUnavailableException() : null;
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        shop.Add(new Counter { Name = "b" });
        await shop.SaveChangesAsync();
        await transaction.CommitAsync();

        // The cluster is not waited for twice in one transaction.
        Assert.Equal(["begin", "hold failed", "insert Counters", "insert Counters", "commit", "updated counter-a counter-b"], host.Steps.All);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Save_WithoutAHold_FailsBeforeItsFirstStatementIfTheOptionsSaySo(bool isAsync)
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        host.Cache.Fault = _ => new TagCacheUnavailableException();
        await using var shop = host.Shop(options => options.WithoutHold = WithoutHold.FailBeforeCommit);
        shop.Add(new Counter { Name = "a" });

        if (isAsync)
        {
            await Assert.ThrowsAsync<TagCacheUnavailableException>(() => shop.SaveChangesAsync());
        }
        else
        {
            Assert.Throws<TagCacheUnavailableException>(() => shop.SaveChanges());
        }

        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => shop.Counters.ExecuteDeleteAsync());
        Assert.Equal(["hold failed", "hold failed"], host.Steps.All);
        host.Cache.Fault = _ => null;
        await shop.SaveChangesAsync();
        Assert.Equal(["hold counter-a", "insert Counters", "release counter-a"], host.Steps.All[2..]);
    }

    [Fact]
    public async Task Commit_WithoutTheHoldOfADatabaseKey_FailsIfTheOptionsSaySo()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.Shop(options => options.WithoutHold = WithoutHold.FailBeforeCommit);
        host.Cache.Fault = _ => new TagCacheUnavailableException();
        shop.Add(new Product { Name = "chair" });

        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => shop.SaveChangesAsync());

        Assert.Equal(["begin", "insert Products", "hold failed"], host.Steps.All);
        Assert.Equal(0, await shop.Products.CountAsync());
    }

    [Fact]
    public async Task Commit_WhoseHoldIsOverAndCannotBeTakenAgain_UpdatesAfterwards()
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        await using var shop = host.Shop();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Counter { Name = "a" });
        await shop.SaveChangesAsync();
        host.Cache.Holds.Single().Remaining = TimeSpan.Zero;
        host.Cache.Fault = call => call == "hold" ? new TagCacheUnavailableException() : null;

        await transaction.CommitAsync();

        Assert.Equal(["abandon counter-a", "hold failed", "commit", "updated counter-a"], host.Steps.All[3..]);
    }

    /// <summary>What is committed never looks failed; what was not confirmed is repeated until it is.</summary>
    [Theory]
    [InlineData("release")]
    [InlineData("update")]
    public async Task Save_WhoseUpdateIsNotConfirmed_SucceedsAndRepeatsIt(string call)
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        var time = new FakeTimeProvider();
        await using var services = new ServiceCollection().AddSingleton<ITagCache>(host.Cache).AddSingleton<TimeProvider>(time).BuildServiceProvider();
        await using var shop = host.Shop(further: options => options.UseTagCache(services, o => o.HoldTables = false));
        host.Cache.Fault = what => what is "update" || what == call ? new TagUpdateIncompleteException() : what == "hold" && call == "update" ? new TagCacheUnavailableException() : null;
        shop.Add(new Counter { Name = "a" });

        await shop.SaveChangesAsync();

        // After the commit, and two times in the background.
        await Waits.Advance(time, TimeSpan.FromSeconds(1), () => host.Steps.All.Count(step => step.EndsWith("failed", StringComparison.Ordinal)) >= 3);
        Assert.DoesNotContain("updated counter-a", host.Steps.All);
        host.Cache.Fault = _ => null;
        await Waits.Advance(time, TimeSpan.FromSeconds(1), () => host.Steps.All.Contains("updated counter-a"));
    }

    [Fact]
    public async Task Save_WhoseOutcomeIsUnknownAndThatHeldNothing_UpdatesNowAndAfterTheTimeOfAHold()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        var time = new FakeTimeProvider();
        await using var services = new ServiceCollection().AddSingleton<ITagCache>(host.Cache).AddSingleton<TimeProvider>(time).BuildServiceProvider();
        await using var shop = host.Shop(further: options => options.UseTagCache(services, o => o.HoldTables = false));
        host.Cache.Fault = what => what == "hold" ? new TagCacheUnavailableException() : null;
        await using (var transaction = await shop.Database.BeginTransactionAsync())
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            await Cut.Sessions(host.ConnectionString);
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => transaction.CommitAsync());
        }

        await host.Steps.Until("updated counter-a");
        Assert.Single(host.Steps.All, "updated counter-a");
        await Waits.Advance(time, TimeSpan.FromSeconds(1), () => host.Steps.All.Count(step => step == "updated counter-a") == 2);
    }

    [Theory]
    [InlineData("it threw", "cannot be made, so nothing of it is saved: it threw")]
    [InlineData(null, "cannot be made, so nothing of it is saved: It gave null.")]
    [InlineData("", "The tag '' cannot be used")]
    [InlineData("a\nb", "The tag 'a\nb' cannot be used. A tag must not contain control characters")]
    public async Task Map_ThatGivesNoTag_FailsTheSaveBeforeItsFirstStatement(string? tag, string message)
    {
        var host = await databases.Open(ShopDatabases.Sqlite);
        var options = host.Options<OddShop>();
        await using var shop = new OddShop(options);
        OddShop.Map = () => tag == "it threw" ? throw new FormatException(tag) : tag is null ? null! : [tag];
        shop.Add(new Counter { Name = "a" });

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => shop.SaveChangesAsync());

        Assert.StartsWith("The cache tags of an entity of the type 'Counter' ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(host.Steps.All);
    }

    [Fact]
    public void Options_OutOfRange_AreNamed() => Assert.Equal(
        "AtMost must be from 00:00:00.1000000 to 00:01:00; it is 00:02:00. (Parameter 'configure')",
        Assert.Throws<ArgumentException>(() => new DbContextOptionsBuilder().UseTagCache(new RecordingCache(new()), o => o.AtMost = TimeSpan.FromMinutes(2))).Message);

    private sealed class OddShop(DbContextOptions<OddShop> options) : DbContext(options)
    {
        public static Func<IEnumerable<string>> Map { get; set; } = () => [];

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Counter>().ToTable("Counters").HasCacheTags(_ => Map());
    }
}
