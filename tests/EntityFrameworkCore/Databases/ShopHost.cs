using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>One database and the recording cache beside it.</summary>
internal sealed class ShopHost
{
    private readonly string _connection;

    public ShopHost(string provider, string connection)
    {
        (Provider, _connection) = (provider, connection);
        Cache = new(Steps);
    }

    public string Provider { get; }

    public string ConnectionString => _connection;

    public Steps Steps { get; } = new();

    public RecordingCache Cache { get; }

    /// <summary>The options of a context, without tags of tables unless a test asks for them.</summary>
    public DbContextOptions<TContext> Options<TContext>(Action<TagCacheSaveOptions>? configure = null, Action<DbContextOptionsBuilder>? further = null)
        where TContext : DbContext
    {
        var builder = new DbContextOptionsBuilder<TContext>();
        builder.AddInterceptors(Steps);
        UseDatabase(builder);
        builder.UseTagCache(Cache, options =>
        {
            options.HoldTables = false;
            configure?.Invoke(options);
        });
        further?.Invoke(builder);
        return builder.Options;
    }

    public void UseDatabase(DbContextOptionsBuilder builder)
    {
        if (Provider == ShopDatabases.Sqlite)
        {
            builder.UseSqlite(_connection);
        }
        else
        {
            builder.UseNpgsql(_connection);
        }

        builder.ConfigureWarnings(warnings => warnings.Ignore(CoreEventId.ManyServiceProvidersCreatedWarning));
    }

    public Shop Shop(Action<TagCacheSaveOptions>? configure = null, Action<DbContextOptionsBuilder>? further = null) => new(Options<Shop>(configure, further));

    public ShopWithOutbox ShopWithOutbox(Action<TagCacheSaveOptions>? configure = null, Action<DbContextOptionsBuilder>? further = null) => new(Options<ShopWithOutbox>(configure, further));

    /// <summary>Adds rows, and forgets what was recorded.</summary>
    public async Task Fill(params object[] entities)
    {
        await using var shop = Shop();
        shop.AddRange(entities);
        await shop.SaveChangesAsync();
        Steps.Clear();
    }
}
