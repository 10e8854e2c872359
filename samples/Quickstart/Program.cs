using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);

// <readme>
builder.UseOrleansClient(client => client.UseLocalhostClustering(serviceId: "tagcache", clusterId: "tagcache").AddTagCacheClient());
using var host = builder.Build();
await host.StartAsync();

var cache = host.Services.GetRequiredService<ITagCache>();
var stock = 3;
ValueTask<int> ReadStock() => cache.GetOrCreateAsync("product:42", (_, _) => ValueTask.FromResult(stock), new() { Tags = ["product:42", "products"] });

Console.WriteLine($"{await ReadStock()} in stock");    // 3: made, and kept in the cluster
stock = 2;
Console.WriteLine($"{await ReadStock()} in stock");    // 3: from the cache
using (ServerAction.Begin())
{
    await cache.UpdateTagAsync("product:42");
}

Console.WriteLine($"{await ReadStock()} in stock");    // 2: here and in every other process
// </readme>

await host.StopAsync();
