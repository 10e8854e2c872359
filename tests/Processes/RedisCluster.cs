namespace OrleansTagCache.Tests.Processes;

/// <summary>Silo programs on a Redis of their own, each a process, as the README starts them.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private readonly List<ChildProcess> _processes = [];

    /// <summary>The HTTP addresses of the silos.</summary>
    public List<HttpClient> Silos { get; } = [];

    public static async Task<RedisCluster> Start(int silos)
    {
        var cluster = new RedisCluster();
        var redis = FreePorts.Take(1)[0];
        cluster._processes.Add(await ChildProcess.Start(
            Programs.Redis!,
            ["--port", $"{redis}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            "Ready to accept connections"));
        for (var i = 0; i < silos; i++)
        {
            await cluster.StartSilo(redis);
        }

        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        Silos.ForEach(silo => silo.Dispose());
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }
    }

    private async Task StartSilo(int redis)
    {
        var ports = FreePorts.Take(3);
        _processes.Add(await ChildProcess.Start(
            "dotnet",
            [
                Repository.SiloProgram,
                "--urls", $"http://127.0.0.1:{ports[0]}",
                $"--TagCache:SiloPort={ports[1]}",
                $"--TagCache:GatewayPort={ports[2]}",
                "--TagCache:Clustering:Provider=Redis",
                $"--TagCache:Clustering:ConnectionString=127.0.0.1:{redis}",
            ],
            "OrleansTagCache is ready."));
        Silos.Add(new() { BaseAddress = new($"http://127.0.0.1:{ports[0]}") });
    }
}
