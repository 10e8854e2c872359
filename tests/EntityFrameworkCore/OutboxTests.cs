using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>The outbox: one row a transaction, written in it, and deleted when its tags are released or updated.</summary>
[Collection(ShopCollection.Name)]
public sealed class OutboxTests(ShopDatabases databases)
{
    [Theory]
    [MemberData(nameof(SaveTests.Ways), MemberType = typeof(SaveTests))]
    public async Task Save_WritesARowWithItsStatements(string provider, bool isAsync)
    {
        var host = await databases.Open(provider);
        await using var shop = host.ShopWithOutbox();
        shop.AddRange(new Counter { Name = "a" }, new Product { Name = "chair" });
        _ = isAsync ? await shop.SaveChangesAsync() : shop.SaveChanges();
        _ = isAsync ? await shop.Counters.ExecuteDeleteAsync() : shop.Counters.ExecuteDelete();

        Assert.Equal(["counter-a\nproduct-1", "table:Counters"], (await RowsOf(host)).Select(row => row.Tags));
        Assert.Equal(
            ["hold counter-a", "begin", "insert Counters", "insert Products", "hold product-1", "commit", "release counter-a", "release product-1",
                "hold table:Counters", "begin", "delete Counters", "commit", "release table:Counters"],
            Sorted(host.Steps.All));
        Assert.Equal(AutoTransactionBehavior.WhenNeeded, shop.Database.AutoTransactionBehavior);
        Assert.Null(shop.Database.CurrentTransaction);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Transaction_OfSeveralSaves_WritesOneRow(string provider)
    {
        var host = await databases.Open(provider);
        await using var shop = host.ShopWithOutbox();
        await using (var transaction = await shop.Database.BeginTransactionAsync())
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            shop.Add(new Counter { Name = "b" });
            await shop.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        await using (await shop.Database.BeginTransactionAsync())
        {
            shop.Add(new Counter { Name = "c" });
            await shop.SaveChangesAsync();
        }

        Assert.Equal(["counter-a\ncounter-b"], (await RowsOf(host)).Select(row => row.Tags));
    }

    /// <summary>Where EF does not see the commit, the rows go with the statements.</summary>
    [Fact]
    public async Task Transaction_WhoseCommitIsNotSeen_HasItsRows()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        using (var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            await using var shop = host.ShopWithOutbox();
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
            await shop.Products.ExecuteDeleteAsync();
            await shop.Database.HoldTagsAsync(["further"]);
            scope.Complete();
        }

        Assert.Equal(["counter-a", "further", "table:Products"], (await RowsOf(host)).SelectMany(row => row.Tags.Split('\n')).Distinct().Order());
        await using var connection = new Npgsql.NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync();
        await using var outside = await connection.BeginTransactionAsync();
        await using var inside = new ShopWithOutbox(host.Options<ShopWithOutbox>(further: options => options.UseNpgsql(connection)));
        await inside.Database.UseTransactionAsync(outside);
        inside.Add(new Counter { Name = "b" });
        await inside.SaveChangesAsync();
        await outside.CommitAsync();

        Assert.Contains("counter-b", (await RowsOf(host)).Select(row => row.Tags));
    }

    /// <summary>What a rollback to a savepoint takes away is written again with the next save.</summary>
    [Fact]
    public async Task Savepoint_OfATransactionWhoseCommitIsNotSeen_LosesNoTag()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var connection = new Npgsql.NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync();
        await using var outside = await connection.BeginTransactionAsync();
        await using var inside = new ShopWithOutbox(host.Options<ShopWithOutbox>(further: options => options.UseNpgsql(connection)));
        await inside.Database.UseTransactionAsync(outside);
        await outside.SaveAsync("before");
        await inside.Animals.ExecuteDeleteAsync();
        await outside.RollbackAsync("before");
        await inside.Animals.ExecuteDeleteAsync();
        await outside.CommitAsync();

        Assert.Equal(["cats\ntable:Animals"], (await RowsOf(host)).Select(row => Steps.Text(row.Tags.Split('\n')).Replace(' ', '\n')));
    }

    /// <summary>A strategy that repeats allows no transactions of its callers, but this one is within an attempt.</summary>
    [Fact]
    public async Task ExecuteDelete_UnderAStrategyThatRepeats_WritesARow()
    {
        var host = await databases.Open(ShopDatabases.PostgreSql);
        await using var shop = host.ShopWithOutbox(further: options => options.UseNpgsql(host.ConnectionString, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.Zero, null)));

        await shop.Counters.ExecuteDeleteAsync();

        Assert.Equal(["table:Counters"], (await RowsOf(host)).Select(row => row.Tags));
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Drainer_DeletesRowsOfReleasedHoldsAtOnce(string provider)
    {
        var host = await databases.Open(provider);
        await using var app = await App.Start(host);
        await app.Save(new Counter { Name = "a" });

        await app.Until(async () => (await RowsOf(host)).Length == 0);
        Assert.DoesNotContain("updated counter-a", host.Steps.All);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Drainer_UpdatesWhatCouldNotBeHeldAtOnce(string provider)
    {
        var host = await databases.Open(provider);
        host.Cache.Fault = _ => new TagCacheUnavailableException();
        await using var app = await App.Start(host);
        await app.Save(new Counter { Name = "a" });

        // After the commit, and by the drainer.
        await app.Until(() => Task.FromResult(host.Steps.All.Count(step => step == "update failed") >= 2));
        Assert.Single(await RowsOf(host));
        host.Cache.Fault = _ => null;
        var begun = app.Time.GetTimestamp();
        await Waits.Advance(app.Time, TimeSpan.FromMilliseconds(100), () => host.Steps.All.Contains("updated counter-a"));

        // The attempt that has failed holds no other one up.
        Assert.True(app.Time.GetElapsedTime(begun) < TimeSpan.FromMinutes(1), "It waited for the claim of the attempt before.");
        await app.Until(async () => (await RowsOf(host)).Length == 0);
    }

    /// <summary>What a process that has died leaves behind is drained by another one, after it has seen it for the grace.</summary>
    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Drainer_UpdatesWhatOthersHaveLeft(string provider)
    {
        var host = await databases.Open(provider);
        await using (var shop = host.ShopWithOutbox())
        {
            shop.Add(new Counter { Name = "a" });
            await shop.SaveChangesAsync();
        }

        await using var app = await App.Start(host);
        var begun = app.Time.GetTimestamp();
        await Waits.Advance(app.Time, TimeSpan.FromMilliseconds(100), () => host.Steps.All.Contains("updated counter-a"));

        Assert.True(app.Time.GetElapsedTime(begun) >= TimeSpan.FromSeconds(15), "It did not wait for the grace.");
        await app.Until(async () => (await RowsOf(host)).Length == 0);
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Drainer_TakesTheClaimOfAProcessThatIsDead(string provider)
    {
        var host = await databases.Open(provider);
        await using (var shop = host.ShopWithOutbox())
        {
            shop.Add(new TagCacheOutboxRow { Id = Guid.CreateVersion7(), Tags = "left", Claim = Guid.NewGuid() });
            await shop.SaveChangesAsync();
        }

        await using var app = await App.Start(host);
        var begun = app.Time.GetTimestamp();
        await Waits.Advance(app.Time, TimeSpan.FromMilliseconds(500), () => host.Steps.All.Contains("updated left"));

        Assert.True(app.Time.GetElapsedTime(begun) >= TimeSpan.FromMinutes(1), "It did not wait for the other process.");
    }

    [Theory]
    [MemberData(nameof(ShopDatabases.All), MemberType = typeof(ShopDatabases))]
    public async Task Drainers_OfSeveralProcesses_UpdateEachRowAndLoseNone(string provider)
    {
        var host = await databases.Open(provider);
        await using (var shop = host.ShopWithOutbox())
        {
            shop.AddRange(Enumerable.Range(0, 250).Select(i => new TagCacheOutboxRow { Id = Guid.CreateVersion7(), Tags = $"left-{i}" }));
            await shop.SaveChangesAsync();
        }

        await using var first = await App.Start(host, o => o.Grace = TimeSpan.Zero);
        await using var second = await App.Start(host, o => o.Grace = TimeSpan.Zero);
        int Updated() => host.Steps.All.Where(step => step.StartsWith("updated", StringComparison.Ordinal)).SelectMany(step => step.Split(' ')[1..]).Distinct().Count();
        await Waits.Advance(first.Time, TimeSpan.FromMilliseconds(100), () =>
        {
            second.Time.Advance(TimeSpan.FromMilliseconds(100));
            return Updated() == 250;
        });

        await first.Until(async () => (await RowsOf(host)).Length == 0);
    }

    private static async Task<TagCacheOutboxRow[]> RowsOf(ShopHost host)
    {
        var options = new DbContextOptionsBuilder();
        host.UseDatabase(options);
        await using var shop = new ShopWithOutbox(options.Options);
        return await shop.Outbox.AsNoTracking().OrderBy(row => row.Id).ToArrayAsync();
    }

    /// <summary>Releases of one transaction come in any order, and EF orders the statements.</summary>
    private static IEnumerable<string> Sorted(string[] steps) => steps.Select((step, i) => (step, at: step.StartsWith("release", StringComparison.Ordinal) || step.StartsWith("insert", StringComparison.Ordinal)
        ? Enumerable.Range(0, i + 1).Reverse().TakeWhile(j => steps[j].Split(' ')[0] == step.Split(' ')[0]).Last()
        : i)).OrderBy(pair => pair.at).ThenBy(pair => pair.step, StringComparer.Ordinal).Select(pair => pair.step);

    /// <summary>An application with a drainer, whose clock the test runs.</summary>
    private sealed class App : IAsyncDisposable
    {
        private readonly IHost _host;

        private App(IHost host, FakeTimeProvider time, Steps steps) => (_host, Time, Steps) = (host, time, steps);

        public FakeTimeProvider Time { get; }

        private Steps Steps { get; }

        public static async Task<App> Start(ShopHost shop, Action<TagCacheOutboxOptions>? configure = null)
        {
            var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
            var builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<TimeProvider>(time).AddSingleton<ITagCache>(new RecordingCache(shop.Steps) { Fault = call => shop.Cache.Fault(call) });
            builder.Services.AddDbContext<ShopWithOutbox>((services, options) =>
            {
                shop.UseDatabase(options);
                options.AddInterceptors(shop.Steps).UseTagCache(services, o => o.HoldTables = false);
            });
            builder.Services.AddTagCacheOutbox<ShopWithOutbox>(configure);
            var host = builder.Build();
            await host.StartAsync();
            return new(host, time, shop.Steps);
        }

        public async Task Save(object entity)
        {
            await using var scope = _host.Services.CreateAsyncScope();
            var shop = scope.ServiceProvider.GetRequiredService<ShopWithOutbox>();
            shop.Add(entity);
            await shop.SaveChangesAsync();
        }

        public Task Until(Func<Task<bool>> isReached) => Steps.Changed.Until(async () => await isReached());

        public async ValueTask DisposeAsync()
        {
            await _host.StopAsync();
            _host.Dispose();
        }
    }
}
