namespace OrleansTagCache.Testing;

/// <summary>A Redis server of a test's own, on loopback, that keeps nothing on disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string[] _settings;
    private readonly int _port = FreePorts.Take(1)[0];

    private RedisServer(string[] settings) => _settings = settings;

    /// <summary>Where it listens.</summary>
    public string Address => $"127.0.0.1:{_port}";

    /// <summary>The server as it runs now.</summary>
    public ChildProcess Process { get; private set; } = null!;

    public static async Task<RedisServer> Start(params string[] settings)
    {
        var server = new RedisServer(settings);
        await server.Run();
        return server;
    }

    /// <summary>Kills it, and starts it again: it comes back empty.</summary>
    public async Task Restart()
    {
        await Process.DisposeAsync();
        await Run();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private async Task Run() => Process = await ChildProcess.Start(
        Programs.Redis!, ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", .. _settings], "Ready to accept connections");
}
