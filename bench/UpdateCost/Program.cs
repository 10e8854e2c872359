// What an update costs with one dependent and with very many, in one run, and whether the memory of the dead values comes back.
//
//   dotnet run --project src/Silo -c Release
//   dotnet run --project bench/UpdateCost -c Release -- [dependents] [rounds] [gateway port] [HTTP address of the silo] [--all]
//
// With --all it updates what bears the tag and another one that every entry has: the silo walks over the dependents of the rarer of the two.

using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache;

var many = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 11;
var gateway = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 30_000;
var address = args.Length > 3 ? args[3] : "http://127.0.0.1:8080";
var isAll = args.Contains("--all");
const int UpdatesBefore = 50;
var time = TimeProvider.System;

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client => client.UseLocalhostClustering(gateway, "tagcache", "tagcache").AddTagCacheClient());
using var host = builder.Build();
await host.StartAsync();
var cache = host.Services.GetRequiredService<ITagCache>();
using var http = new HttpClient { BaseAddress = new(address) };

var value = new byte[1_024];
var (one, all) = (new List<double>(), new List<double>());
await Fill("warm", 1_000, "warm");
for (var i = 0; i < 200; i++)
{
    await Update("warm");
}

Console.WriteLine($"before           {await Memory()}");
for (var round = 0; round < rounds; round++)
{
    var begun = time.GetTimestamp();
    await Fill("many", many, "many");
    var elapsed = time.GetElapsedTime(begun).TotalSeconds;
    await Fill("one", 1, "one");
    Console.WriteLine(Text($"round {round}          filled {many} entries in {elapsed:F1} s, {many / elapsed:F0}/s; {await Memory()}"));

    // Both meet live dependents, in turns first and second, after a few updates of another tag: so neither pays for what the fill left behind.
    for (var i = 0; i < UpdatesBefore; i++)
    {
        await Update("warm");
    }

    foreach (var tag in round % 2 == 0 ? new[] { "one", "many" } : ["many", "one"])
    {
        (tag == "one" ? one : all).Add(await Update(tag));
    }
}

Console.WriteLine(Text($"update, 1        median {Median(one) * 1_000:F0} us of {one.Count}"));
Console.WriteLine(Text($"update, {many}   median {Median(all) * 1_000:F0} us of {all.Count} ({string.Join(' ', all.Select(ms => Text($"{ms * 1_000:F0}")))})"));
Console.WriteLine(Text($"ratio            {Median(all) / Median(one):F2}"));

var waited = time.GetTimestamp();
while (await Entries() > 1_100 && time.GetElapsedTime(waited) < TimeSpan.FromMinutes(1))
{
    await Task.Delay(TimeSpan.FromMilliseconds(50), time);
}

Console.WriteLine(Text($"dead values gone {time.GetElapsedTime(waited).TotalSeconds:F2} s after the last update; {await Memory()}"));
await Task.Delay(TimeSpan.FromSeconds(40), time);
Console.WriteLine($"40 s later       {await Memory()}");
await host.StopAsync();

async Task Fill(string prefix, int count, string tag)
{
    var options = new CacheEntryOptions { Life = CacheLife.Max, Tags = [tag, "bench"] };
    await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, token) =>
        await cache.GetOrCreateAsync($"{prefix}:{i}", value, static (bytes, _, _) => ValueTask.FromResult(bytes), options, token));
}

async Task<double> Update(string tag)
{
    using var action = ServerAction.Begin();
    var begun = time.GetTimestamp();
    await cache.UpdateTagsAsync(isAll ? [tag, "bench"] : [tag], isAll ? TagMatch.All : TagMatch.Any);
    return time.GetElapsedTime(begun).TotalMilliseconds;
}

async Task<long> Entries()
{
    using var cluster = JsonDocument.Parse(await http.GetStringAsync("/v1/cluster"));
    return cluster.RootElement.GetProperty("totals").GetProperty("entries").GetInt64();
}

async Task<string> Memory()
{
    var metrics = await http.GetStringAsync("/metrics");
    var (heap, free) = (Sum("dotnet_gc_last_collection_heap_size_bytes{"), Sum("dotnet_gc_last_collection_heap_fragmentation_size_bytes{"));
    var set = metrics.Split('\n').FirstOrDefault(line => line.StartsWith("dotnet_process_memory_working_set_bytes", StringComparison.Ordinal));
    var resident = set is null ? 0 : double.Parse(set[(set.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    return Text($"{await Entries()} entries, managed heap at its last collection {heap / 1e6:F0} MB ({free / 1e6:F0} MB of it free), resident {resident / 1e6:F0} MB");

    double Sum(string metric) => metrics.Split('\n').Where(line => line.StartsWith(metric, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
