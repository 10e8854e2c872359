// A client of the silo that `dotnet run --project src/Silo` starts. The code between the marks is shown in the README and in docs/concepts/factories.md.

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache;

var database = new Database();
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);

// <readme: client>
builder.UseOrleansClient(client =>
{
    client.UseLocalhostClustering(serviceId: "tagcache", clusterId: "tagcache");        // the silo on this machine
    client.AddTagCacheClient(cache => cache.DefaultLife = CacheLife.Hours);
    client.AddLoader("cities", async (CacheContext context, string country, CancellationToken cancellationToken) =>
    {
        context.Tag($"country:{country}");
        return await database.CitiesOf(country, cancellationToken);
    });
});
// </readme>

using var host = builder.Build();
await host.StartAsync();
var cache = host.Services.GetRequiredService<ITagCache>();

// <readme: update>
var city = await cache.GetOrCreateAsync(
    "city:2988507",
    async (context, cancellationToken) =>
    {
        var row = await database.FindCity(2988507, cancellationToken);
        context.Tag($"country:{row.Country}");              // a tag that only the factory knows
        return row;
    },
    new() { Tags = ["cities"], Life = CacheLife.Hours });

using (ServerAction.Begin())
{
    await database.RenameCity(2988507, "PARIS");
    await cache.UpdateTagAsync("cities");                   // from here on, no process serves the old name
}
// </readme>

Console.WriteLine($"It was {city.Name}, and is {(await database.FindCity(2988507)).Name}: in the cache {((await cache.TryGetAsync<City>("city:2988507")).HasValue ? "still" : "no more")} the old one.");

// <readme: revalidate>
var cities = await cache.GetAsync<string[]>("cities", "FR");            // loaded once, for every process

await database.RenameCity(2996944, "LYON");
await cache.RevalidateTagAsync("country:FR", CacheLife.Max);            // the cluster loads it again; until then the old one is served
// </readme>

Console.WriteLine($"Before: {string.Join(", ", cities)}");
while ((cities = await cache.GetAsync<string[]>("cities", "FR")).Contains("Lyon"))
{
    await Task.Yield();
}

Console.WriteLine($"After: {string.Join(", ", cities)}");
await host.StopAsync();
