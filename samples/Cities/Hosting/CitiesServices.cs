using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Hosting;

/// <summary>What the web application and the load run share: the database and the cached reads over it.</summary>
internal static class CitiesServices
{
    public static void AddCities(this IHostApplicationBuilder builder)
    {
        // A relative path is beside the application, whatever directory it was started from.
        var file = Path.Combine(AppContext.BaseDirectory, builder.Configuration["Database"] ?? "cities.db");
        builder.Services.AddSingleton(new CityDatabase(file));
        builder.Services.AddSingleton<FirstFill>();
        builder.Services.AddSingleton<PageCache>();
        builder.Services.AddSingleton<CachedPages>();
    }

    public static void FillDatabase(this IHost host) => host.Services.GetRequiredService<FirstFill>().FillIfEmpty();
}
