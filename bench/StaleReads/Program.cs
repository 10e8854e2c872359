// What a stale hit costs beside a fresh one: 1,000 readers in four clients, while one of them refreshes each key and has not ended yet.
//
//   three silos on Redis, as in the README, with -c Release
//   dotnet run --project bench/StaleReads -c Release -- [Redis]

using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansTagCache;

const int Clients = 4;
const int Readers = 1_000;
const int Reads = 2_000;
const int Keys = 50;
const int WarmUp = 4;
const int Rounds = 9;
var redis = args.Length > 0 ? args[0] : "127.0.0.1:6379";
var time = TimeProvider.System;
var options = new CacheEntryOptions { Tags = ["stale-reads"], Life = CacheLife.Max };
string[] keys = [.. Enumerable.Range(0, Keys).Select(i => string.Create(CultureInfo.InvariantCulture, $"stale-reads:{i}"))];
var refreshes = 0;
var gate = Task.CompletedTask;

var hosts = new List<IHost>();
for (var i = 0; i < Clients; i++)
{
    var builder = Host.CreateApplicationBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
    builder.UseOrleansClient(client =>
    {
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
        client.UseRedisClustering(redis);
        client.AddTagCacheClient(cache => cache.MaximumBackgroundRefreshes = Keys);
    });
    hosts.Add(builder.Build());
    await hosts[^1].StartAsync();
}

ITagCache[] caches = [.. hosts.Select(host => host.Services.GetRequiredService<ITagCache>())];
for (var round = 0; round < Rounds; round++)
{
    // Every process keeps every key, fresh.
    foreach (var cache in caches)
    {
        foreach (var key in keys)
        {
            while ((await cache.TryGetAsync<string>(key)) is not { HasValue: true, IsStale: false })
            {
                await cache.GetOrCreateAsync(key, (_, _) => ValueTask.FromResult("value"), options);
            }
        }
    }

    var fresh = await Measure();
    var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    (gate, refreshes) = (release.Task, 0);
    await caches[0].RevalidateTagAsync("stale-reads", CacheLife.Max);
    var stale = await Measure();
    var running = Volatile.Read(ref refreshes);
    release.SetResult();
    if (round < WarmUp)
    {
        // The runtime's compiler is still at work.
        continue;
    }

    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{Readers * Reads:N0} reads each, ns: fresh p50 {At(fresh, 0.5):F0} p99 {At(fresh, 0.99):F0}, stale p50 {At(stale, 0.5):F0} p99 {At(stale, 0.99):F0} max {stale[^1]:F0}; p99 ratio {At(stale, 0.99) / At(fresh, 0.99):F2}; {running} refreshes of {Keys} keys"));
}

foreach (var host in hosts)
{
    await host.StopAsync();
    host.Dispose();
}

// Each reader reads all keys in turn, and notes how long each read took.
async Task<double[]> Measure()
{
    var samples = await Task.WhenAll(Enumerable.Range(0, Readers).Select(reader => Task.Run(async () =>
    {
        var cache = caches[reader % Clients];
        var took = new double[Reads];
        for (var i = 0; i < Reads; i++)
        {
            var begun = time.GetTimestamp();
            await cache.GetOrCreateAsync(keys[i % Keys], 0, (_, _, _) => Refresh(), options);
            took[i] = (time.GetTimestamp() - begun) * (1e9 / time.TimestampFrequency);
        }

        return took;
    })));
    double[] all = [.. samples.SelectMany(sample => sample)];
    Array.Sort(all);
    return all;
}

async ValueTask<string> Refresh()
{
    Interlocked.Increment(ref refreshes);
    await gate;
    return "value";
}

static double At(double[] sorted, double quantile) => sorted[(int)(sorted.Length * quantile)];
