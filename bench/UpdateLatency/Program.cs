// How long an update takes in a healthy cluster while every client keeps values under its tag: start several of these at a time.
//
//   three silos on Redis, as in docs/how-to/operate.md, with -c Release
//   dotnet run --project bench/UpdateLatency -c Release -- [rounds] [Redis]

using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansTagCache;

const int Keys = 100;
const int WarmUp = 100;
var rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 500;
var redis = args.Length > 1 ? args[1] : "127.0.0.1:6379";
var time = TimeProvider.System;

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client =>
{
    client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
    client.UseRedisClustering(redis);
    client.AddTagCacheClient();
});
using var host = builder.Build();
await host.StartAsync();
var cache = host.Services.GetRequiredService<ITagCache>();

var options = new CacheEntryOptions { Tags = ["shared"] };
var updates = new List<double>();
for (var round = 0; round < WarmUp + rounds; round++)
{
    for (var i = 0; i < Keys; i++)
    {
        await cache.GetOrCreateAsync(string.Create(CultureInfo.InvariantCulture, $"latency:{i}"), static (_, _) => ValueTask.FromResult("value"), options);
    }

    var elapsed = await Update();
    if (round >= WarmUp)
    {
        updates.Add(elapsed);
    }
}

updates.Sort();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{updates.Count} updates, ms: p50 {At(0.5):F2}, p90 {At(0.9):F2}, p99 {At(0.99):F2}, max {updates[^1]:F2}"));
await host.StopAsync();

async Task<double> Update()
{
    using var action = ServerAction.Begin();
    var begun = time.GetTimestamp();
    await cache.UpdateTagAsync("shared");
    return time.GetElapsedTime(begun).TotalMilliseconds;
}

double At(double quantile) => updates[(int)(updates.Count * quantile)];
