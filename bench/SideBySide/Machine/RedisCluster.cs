namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>One Redis, which all peers share, and silos on it, as the README starts them.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private readonly List<ChildProcess> _silos = [];
    private readonly List<Uri> _addresses = [];
    private readonly ChildProcess _redis;

    private RedisCluster(ChildProcess redis, string address) => (_redis, Redis) = (redis, address);

    /// <summary>Where Redis is.</summary>
    public string Redis { get; }

    /// <summary>The HTTP addresses of the silos.</summary>
    public IReadOnlyList<Uri> Silos => _addresses;

    public static async Task<RedisCluster> Start(int silos)
    {
        var port = FreePorts.Take(1)[0];
        var redis = await ChildProcess.Start(
            "redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            "Ready to accept connections");
        var cluster = new RedisCluster(redis, $"127.0.0.1:{port}");
        try
        {
            for (var i = 0; i < silos; i++)
            {
                await cluster.AddSilo();
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public ProcessorTimes ProcessorTimes() => new(
        Environment.CpuUsage.TotalTime,
        _silos.Aggregate(TimeSpan.Zero, (sum, silo) => sum + silo.ProcessorTime),
        _redis.ProcessorTime);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Enumerable.Reverse(_silos))
        {
            await silo.DisposeAsync();
        }

        await _redis.DisposeAsync();
    }

    private async Task AddSilo()
    {
        var ports = FreePorts.Take(3);
        var address = new Uri($"http://127.0.0.1:{ports[0]}");
        _silos.Add(await ChildProcess.Start(
            "dotnet",
            [
                Repository.SiloProgram,
                "--urls", address.ToString(),
                $"--TagCache:SiloPort={ports[1]}",
                $"--TagCache:GatewayPort={ports[2]}",
                "--TagCache:Clustering:Provider=Redis",
                $"--TagCache:Clustering:ConnectionString={Redis}",
            ],
            "OrleansTagCache is ready."));
        _addresses.Add(address);
    }
}

/// <summary>The processor time of all who take part: this process, which is the application, the silos and Redis.</summary>
internal sealed record ProcessorTimes(TimeSpan Application, TimeSpan Silos, TimeSpan Redis)
{
    public ProcessorTimes Since(ProcessorTimes earlier) =>
        new(Application - earlier.Application, Silos - earlier.Silos, Redis - earlier.Redis);
}
