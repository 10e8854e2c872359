using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>A server of PostgreSQL for all tests, with an empty shop to copy, and a folder for those of SQLite.</summary>
public sealed class ShopDatabases : IAsyncLifetime
{
    public const string Sqlite = "SQLite";
    public const string PostgreSql = "PostgreSQL";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shops");
    private PostgreSqlServer? _server;
    private int _last;

    public static TheoryData<string> All => [Sqlite, PostgreSql];

    public async Task InitializeAsync()
    {
        _server = await PostgreSqlServer.Start();
        await _server.Execute("CREATE DATABASE shop TEMPLATE template0");
        await using var shop = new ShopWithOutbox(new DbContextOptionsBuilder().UseNpgsql(Of("shop") + ";Pooling=false").Options);
        await shop.Database.EnsureCreatedAsync();
        await using var local = new ShopWithOutbox(new DbContextOptionsBuilder().UseSqlite($"Data Source={Template};Pooling=false").Options);
        await local.Database.EnsureCreatedAsync();
    }

    public async Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>A shop of a test's own.</summary>
    internal async Task<ShopHost> Open(string provider)
    {
        var name = $"shop{Interlocked.Increment(ref _last)}";
        if (provider == Sqlite)
        {
            var path = Path.Combine(_folder.FullName, name);
            File.Copy(Template, path);
            return new(provider, $"Data Source={path}");
        }

        await _server!.Execute($"CREATE DATABASE {name} TEMPLATE shop");
        return new(provider, Of(name));
    }

    private string Template => Path.Combine(_folder.FullName, "template");

    private string Of(string database) => _server!.Of("owner", PostgreSqlServer.Password, database);
}

[CollectionDefinition(Name)]
public sealed class ShopCollection : ICollectionFixture<ShopDatabases>
{
    public const string Name = "shops";
}
