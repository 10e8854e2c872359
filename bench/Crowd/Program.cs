// What good requests notice of a crowd: 1,000 connections that send a byte a second, and 10,000 reads that wait for one value.
//
//   a silo, with -c Release
//   dotnet run --project bench/Crowd -c Release -- [parked] [slow] [silo's HTTP address]

using System.Diagnostics.Tracing;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Diagnostics.NETCore.Client;

var parked = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var slow = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000;
var silo = new Uri(args.Length > 2 ? args[2] : "http://127.0.0.1:8080");
var time = TimeProvider.System;
var span = TimeSpan.FromSeconds(8);
using var http = new HttpClient { BaseAddress = silo };
using var over = new CancellationTokenSource();

(await http.PutAsync(new Uri("/v1/entry?key=crowd:good", UriKind.Relative), new StringContent("good"))).EnsureSuccessStatusCode();
Console.WriteLine("| | good requests | p50 ms | p99 ms | most ms | MB resident | MB heap | requests that run |");
Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
await Measure("(warm-up)");
var quiet = await Measure("quiet");

var slowOnes = Enumerable.Range(0, slow).Select(i => Drip(i, over.Token)).ToArray();
await Measure($"{slow} slow connections");

(await http.DeleteAsync(new Uri("/v1/entry?key=crowd:parked", UriKind.Relative))).EnsureSuccessStatusCode();
var ask = await http.GetAsync(new Uri("/v1/entry?key=crowd:parked&wait=0", UriKind.Relative));
var token = ask.Headers.GetValues("Tag-Cache-Token").Single();
var polls = new Task<string>[parked];
for (var i = 0; i < parked; i++)
{
    polls[i] = Poll();
    if (i % 100 == 99)
    {
        await Task.Yield();
    }
}

while (await Metric("http_server_active_requests") < parked)
{
    await Task.Yield();
}

var crowded = await Measure($"and {parked} parked reads");
using var put = new HttpRequestMessage(HttpMethod.Put, "/v1/entry?key=crowd:parked") { Content = new StringContent("value") };
put.Headers.Add("Tag-Cache-Token", token);
var begun = time.GetTimestamp();
var stored = await http.SendAsync(put);
var answers = await Task.WhenAll(polls);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"PUT {(int)stored.StatusCode}; {answers.Count(answer => answer == "200")} of {parked} got the value, the last {time.GetElapsedTime(begun).TotalSeconds:F2} s after it was sent. Others: {string.Join(' ', answers.Where(answer => answer != "200").Distinct())}"));
await over.CancelAsync();
await Task.WhenAll(slowOnes);
await Measure("just after");
await Collect();
await Measure("after a full collection");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"p99 in the crowd / quiet: {crowded / quiet:F2}"));

// Good requests of four callers for a while; returns their p99.
async Task<double> Measure(string name)
{
    var all = new List<double>();
    var begun = time.GetTimestamp();
    await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
    {
        var own = new List<double>();
        while (time.GetElapsedTime(begun) < span)
        {
            var sent = time.GetTimestamp();
            using var answer = await http.GetAsync(new Uri("/v1/entry?key=crowd:good", UriKind.Relative));
            answer.EnsureSuccessStatusCode();
            own.Add(time.GetElapsedTime(sent).TotalMilliseconds);
        }

        lock (all)
        {
            all.AddRange(own);
        }
    })));
    all.Sort();
    var p99 = all[(int)(all.Count * 0.99)];
    var resident = await Metric("dotnet_process_memory_working_set_bytes") / 1e6;
    var heap = await Metric("dotnet_gc_last_collection_heap_size_bytes") / 1e6;
    var running = await Metric("http_server_active_requests");
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {all.Count} | {all[all.Count / 2]:F3} | {p99:F3} | {all[^1]:F1} | {resident:F0} | {heap:F0} | {running:F0} |"));
    return p99;
}

// Has the silo collect its whole heap, as it does by itself when memory is wanted.
async Task Collect()
{
    const long HeapCollect = 0x80_0000;
    var before = await Metric("dotnet_gc_collections_total", "gen2");
    var process = DiagnosticsClient.GetPublishedProcesses().Single(id => id != Environment.ProcessId && File.ReadAllText($"/proc/{id}/cmdline").Contains("OrleansTagCache.Silo", StringComparison.Ordinal));
    using var collection = new DiagnosticsClient(process).StartEventPipeSession([new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, HeapCollect)], requestRundown: false);
    while (await Metric("dotnet_gc_collections_total", "gen2") == before)
    {
        await Task.Yield();
    }
}

// The sum of a metric over all its labels.
async Task<double> Metric(string name, string label = "")
{
    var lines = (await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n');
    return lines.Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is '{' or ' ' && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
}

// Sends a head byte by byte, one a second; when the silo has had enough, begins anew.
async Task Drip(int number, CancellationToken end)
{
    try
    {
        while (!end.IsCancellationRequested)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(silo.Host, silo.Port, end);
            using var second = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
            try
            {
                foreach (var one in Encoding.ASCII.GetBytes($"GET /v1/entry?key=slow{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n"))
                {
                    await tcp.GetStream().WriteAsync(new[] { one }, end);
                    await second.WaitForNextTickAsync(end);
                }
            }
            catch (IOException)
            {
                // It hung up.
            }
        }
    }
    catch (OperationCanceledException)
    {
        // The crowd goes home.
    }
}

// A read that waits; returns its status.
async Task<string> Poll()
{
    using var tcp = new TcpClient();
    await tcp.ConnectAsync(silo.Host, silo.Port);
    await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/entry?key=crowd:parked&wait=30 HTTP/1.1\r\nHost: 127.0.0.1:{silo.Port}\r\nConnection: close\r\n\r\n"));
    using var reader = new StreamReader(tcp.GetStream());
    var line = await reader.ReadLineAsync() ?? "closed";
    await reader.ReadToEndAsync();
    return line.Split(' ') is [_, var status, ..] ? status : line;
}
