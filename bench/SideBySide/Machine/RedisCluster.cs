namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>One Redis, which all peers share, and silos on it.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private readonly List<Silo> _silos = [];
    private readonly ChildProcess _redis;
    private readonly string[] _settings;

    private RedisCluster(ChildProcess redis, string address, string[] settings) => (_redis, Redis, _settings) = (redis, address, settings);

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
        var cluster = new RedisCluster(redis, $"127.0.0.1:{port}", settings);
        try
        {
            for (var i = 0; i < silos; i++)
            {
                await cluster.Add();
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>One more silo.</summary>
    public async Task Add() => _silos.Add(await Silo.Start(Redis, _settings));

    /// <summary>The silo that has run longest is killed.</summary>
    public async Task KillOldest()
    {
        await _silos[0].DisposeAsync();
        _silos.RemoveAt(0);
    }

    /// <summary>The silo that has run longest ends.</summary>
    public async Task StopOldest()
    {
        var oldest = _silos[0];
        await oldest.Stop();
        _silos.RemoveAt(0);
        await oldest.DisposeAsync();
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
