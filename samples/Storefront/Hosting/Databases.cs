using Microsoft.EntityFrameworkCore;
using OrleansTagCache.Samples.Storefront.Database;

namespace OrleansTagCache.Samples.Storefront.Hosting;

/// <summary>The database, and the cache beside it.</summary>
internal static class Databases
{
    /// <summary>The PostgreSQL of <c>PostgreSql</c> if it names one, else the SQLite file of <c>Database</c>, which all nodes of this machine share.</summary>
    public static void AddDatabase(this WebApplicationBuilder builder)
    {
        builder.Services.AddDbContextFactory<Shop>((services, options) =>
        {
            if (builder.Configuration["PostgreSql"] is { } server)
            {
                options.UseNpgsql(server);
            }
            else
            {
                options.UseSqlite($"Data Source={builder.Configuration["Database"] ?? Path.Combine(Path.GetTempPath(), "storefront-shop.db")}");
            }

            options.UseTagCache(services);
        });
        builder.Services.AddTagCacheOutbox<Shop>();

        // EF logs each statement, and the drainer looks every few seconds.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.Warning);
        builder.Services.AddSingleton<Catalogue>();
    }
}
