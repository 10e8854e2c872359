namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>One Redis, which all peers share, and silos on it.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private readonly List<Silo> _silos = [];
    private readonly ChildProcess _redis;

    private RedisCluster(ChildProcess redis, string address) => (_redis, Redis) = (redis, address);

    /// <summary>Where Redis is.</summary>
    public string Redis { get; }

    public IReadOnlyList<Silo> Silos => _silos;

    public static async Task<RedisCluster> Start(int silos, params string[] settings)
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
                cluster._silos.Add(await Silo.Start(cluster.Redis, settings));
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
}
