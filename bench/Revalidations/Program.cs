// What many revalidations leave behind: 10,000 a minute over 1,000 tags, each with a few entries that a loader makes.
//
//   three silos on Redis, as in docs/how-to/operate.md, with -c Release
//   dotnet run --project bench/Revalidations -c Release -- [minutes] [Redis] [silo's HTTP address ...]

using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansTagCache;
using StackExchange.Redis;

const int Tags = 1_000;
const int EntriesOfATag = 5;
const int PerMinute = 10_000;
var minutes = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 5;
var redis = args.Length > 1 ? args[1] : "127.0.0.1:6379";
string[] silos = args.Length > 2 ? args[2..] : ["http://127.0.0.1:8080", "http://127.0.0.1:8081", "http://127.0.0.1:8082"];
var time = TimeProvider.System;
var loads = 0L;

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client =>
{
    client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
    client.UseRedisClustering(redis);
    client.AddTagCacheClient();
    client.AddLoader("revalidations", (context, argument, _) =>
    {
        Interlocked.Increment(ref loads);
        context.Tag($"revalidations:{argument.Split('/')[0]}");
        return ValueTask.FromResult(argument);
    }, new() { Life = CacheLife.Max });
});
using var host = builder.Build();
await host.StartAsync();
var cache = host.Services.GetRequiredService<ITagCache>();
await Parallel.ForAsync(0, Tags * EntriesOfATag, async (i, token) =>
    await cache.GetAsync<string>("revalidations", string.Create(CultureInfo.InvariantCulture, $"{i % Tags}/{i / Tags}"), token));

await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
using var http = new HttpClient();
Console.WriteLine("| s | revalidations | loads | keys in Redis | reminders | MB of the silos |");
Console.WriteLine("|---:|---:|---:|---:|---:|---|");
var begun = time.GetTimestamp();
var (done, nextLine) = (0, 0);
using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100), time);
while (time.GetElapsedTime(begun) < TimeSpan.FromMinutes(minutes))
{
    var due = (int)(time.GetElapsedTime(begun).TotalMinutes * PerMinute);
    await Parallel.ForAsync(done, due, async (i, token) =>
        await cache.RevalidateTagAsync(string.Create(CultureInfo.InvariantCulture, $"revalidations:{i % Tags}"), CacheLife.Max, token));
    done = due;
    if (time.GetElapsedTime(begun).TotalSeconds >= nextLine)
    {
        await Line();
        nextLine += 15;
    }

    await pace.WaitForNextTickAsync();
}

await Line();
Console.WriteLine("Waiting until nothing is pending.");
while (await Reminders() > 0)
{
    await pace.WaitForNextTickAsync();
}

await Line();
await host.StopAsync();

async Task Line()
{
    var seconds = time.GetElapsedTime(begun).TotalSeconds;
    var keys = await connection.GetServers()[0].DatabaseSizeAsync();
    var memory = await Task.WhenAll(silos.Select(Megabytes));
    var reminders = await Reminders();
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {seconds:F0} | {done} | {Interlocked.Read(ref loads)} | {keys} | {reminders} | {string.Join(' ', memory)} |"));
}

async Task<long> Reminders() => await connection.GetDatabase().SortedSetLengthAsync("tagcache/reminders");

async Task<string> Megabytes(string silo)
{
    var metrics = await http.GetStringAsync(new Uri($"{silo}/metrics"));
    var line = metrics.Split('\n').First(line => line.StartsWith("dotnet_process_memory_working_set_bytes", StringComparison.Ordinal));
    return (double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) / 1_000_000).ToString("F0", CultureInfo.InvariantCulture);
}
