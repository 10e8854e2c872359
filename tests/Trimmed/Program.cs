// A client that was trimmed: what it says is compared with what it should by tests/trimmed.sh. The argument is the silo's GatewayPort.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache;

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client =>
{
    client.UseLocalhostClustering(int.Parse(args[0], CultureInfo.InvariantCulture), "tagcache", "tagcache");
    client.AddTagCacheClient(cache => cache.RequireClusterAtStart = true);
});

// A trimmed program has no JSON by reflection: types of values are named at compile time.
builder.Services.AddKeyedSingleton(typeof(JsonSerializerOptions), typeof(IHybridCacheSerializer<>), (_, _) => new JsonSerializerOptions { TypeInfoResolver = Values.Default });

using var host = builder.Build();
await host.StartAsync();
var cache = host.Services.GetRequiredService<ITagCache>();
var cities = new Cities(cache);

Console.WriteLine($"{await cities.FindAsync(1)}, {await cities.FindAsync(1)}, stored: {(await cache.TryGetAsync<City>("city:1")).HasValue}");
using (ServerAction.Begin())
{
    await cache.UpdateTagAsync("city-1");
}

Console.WriteLine($"{await cities.FindAsync(1)}");
await host.StopAsync();

internal sealed record City(int Id, int Run);

[JsonSerializable(typeof(City))]
internal sealed partial class Values : JsonSerializerContext;

internal sealed partial class Cities(ITagCache cache)
{
    private int _runs;

    [Cached(Key = "city", Tags = ["city-{id}"], Life = "hours")]
    public partial Task<City> FindAsync(int id);

    private Task<City> FindCoreAsync(int id) => Task.FromResult(new City(id, ++_runs));
}
