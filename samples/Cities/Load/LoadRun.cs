using System.Globalization;
using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;
using OrleansTagCache.Samples.Cities.Hosting;

namespace OrleansTagCache.Samples.Cities.Load;

/// <summary>
/// The switch <c>--load</c>: every city through the cache once, one entry each with three tags, and how many a second. Entries that are not
/// there are made; a second run finds them and measures reads.
/// </summary>
internal static class LoadRun
{
    private const int Callers = 64;

    public static async Task<int> Run(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.AddCities();
        builder.AddClusterClient(isRequired: true);
        using var host = builder.Build();
        host.FillDatabase();
        var cities = host.Services.GetRequiredService<CityDatabase>().AllCities();

        try
        {
            await host.StartAsync();
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync($"The cluster cannot be reached: {exception.Message}");
            return 1;
        }

        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Load(host.Services.GetRequiredService<ITagCache>(), cities, TimeProvider.System, stopping);
        await host.StopAsync();
        return 0;
    }

    private static async Task Load(ITagCache cache, IReadOnlyList<City> cities, TimeProvider time, CancellationToken cancellationToken)
    {
        Print($"Loading {cities.Count:N0} cities with {Callers} callers.");
        var made = 0;
        var started = time.GetTimestamp();
        await Parallel.ForEachAsync(cities, new ParallelOptions { MaxDegreeOfParallelism = Callers, CancellationToken = cancellationToken }, LoadOne);
        var elapsed = time.GetElapsedTime(started).TotalSeconds;
        Print($"{made:N0} made, {cities.Count - made:N0} found, in {elapsed:N1} s: {cities.Count / elapsed:N0} entries/s.");

        async ValueTask LoadOne(City city, CancellationToken token)
        {
            var options = new CacheEntryOptions { Life = CacheLife.Max, Tags = [Tags.Cities, Tags.Country(city.Country), Tags.Region(city.Region)] };
            await cache.GetOrCreateAsync($"city:{city.Id}", Make, options, token);

            ValueTask<City> Make(CacheContext context, CancellationToken _)
            {
                Interlocked.Increment(ref made);
                return ValueTask.FromResult(city);
            }
        }
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
