using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Reporting;
using StackExchange.Redis;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Reads of an entry by HTTP, for programs that are not .NET.</summary>
internal sealed class WebHit : IWorkload
{
    private const int Connections = 64;
    private const string Key = "web-hit";
    private const string SiloApi = "ours: GET /v1/entry";
    private const string MinimalApi = "minimal API over Redis";

    public string Name => "w10";

    public async Task<Findings> Run(Extent extent)
    {
        var findings = new Findings(
            "W10: hit by HTTP",
            $"wrk with {Connections} connections asks for one entry of {Document.Size} bytes: a silo's HTTP API, beside a minimal endpoint of ASP.NET Core that gets the value from Redis.");
        if (!Wrk.IsThere)
        {
            return findings with { Method = "Not measured: wrk is not on the path (apt-get install wrk)." };
        }

        await using var cluster = await RedisCluster.Start(silos: 1);
        var silo = cluster.Silos[0];
        var address = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        await using var web = await WebNode.Start(cluster.Redis, address);
        await Store(cluster.Redis, silo.Address);
        var (rounds, duration) = extent > Extent.Short ? (9, TimeSpan.FromSeconds(3)) : (3, TimeSpan.FromSeconds(1));
        await Rounds<Served>.Run([SiloApi, MinimalApi], 2, Measure);
        var served = await Rounds<Served>.Run([SiloApi, MinimalApi], rounds, Measure);
        var table = new Table("1 silo", "", "requests/s", "p99, ms", "processor us a request: server", "Redis");
        foreach (var name in new[] { SiloApi, MinimalApi })
        {
            table.Add(
                name,
                served.Of(name, hit => hit.Wrk.PerSecond),
                served.Of(name, hit => hit.Wrk.P99Milliseconds),
                served.Of(name, hit => hit.Server.TotalMicroseconds / hit.Wrk.Requests),
                served.Of(name, hit => hit.Redis.TotalMicroseconds / hit.Wrk.Requests));
        }

        table.Add("ratio", served.Ratio(SiloApi, MinimalApi, hit => hit.Wrk.PerSecond), served.Ratio(SiloApi, MinimalApi, hit => hit.Wrk.P99Milliseconds), "", "");
        findings.Tables.Add(table);
        return findings;

        async Task<Served> Measure(string name)
        {
            var isOurs = name == SiloApi;
            var (server, redis) = (ServerTime(), cluster.ProcessorTimes().Redis);
            var result = await Wrk.Run(new(isOurs ? silo.Address : address, $"{(isOurs ? "/v1/entry" : "/entry")}?key={Key}"), Connections, duration);
            return new(result, ServerTime() - server, cluster.ProcessorTimes().Redis - redis);

            TimeSpan ServerTime() => isOurs ? silo.ProcessorTime : web.ProcessorTime;
        }
    }

    private static async Task Store(string redis, Uri silo)
    {
        var value = Document.MakeBytes();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        await connection.GetDatabase().StringSetAsync(Key, value);
        using var http = new HttpClient { BaseAddress = silo };
        using var content = new ByteArrayContent(value);
        using var answer = await http.PutAsync(new Uri($"/v1/entry?key={Key}&tag=web&tag=hits&tag=all&life=days", UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }

    private sealed record Served(WrkResult Wrk, TimeSpan Server, TimeSpan Redis);
}
