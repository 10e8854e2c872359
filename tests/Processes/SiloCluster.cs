using System.Net.Http.Json;
using System.Text.Json;
using StackExchange.Redis;

namespace OrleansTagCache.Tests.Processes;

/// <summary>Silo programs on a Redis or a PostgreSQL of their own, each a process, as docs/how-to/operate.md starts them.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<(int Http, int Silo, int Gateway)> _ports = [];
    private readonly List<ChildProcess> _processes = [];
    private readonly string[] _settings;
    private readonly int _redis = FreePorts.Take(1)[0];
    private ChildProcess? _redisProcess;
    private PostgreSqlServer? _database;

    private SiloCluster(string[] settings) => _settings = settings;

    /// <summary>Where its Redis is.</summary>
    public string Redis => $"127.0.0.1:{_redis}";

    /// <summary>Where its PostgreSQL is; null if it is on Redis.</summary>
    public string? Database => _database?.ConnectionString;

    /// <summary>The ports of their gateways.</summary>
    public int[] Gateways => [.. _ports.Select(ports => ports.Gateway)];

    /// <summary>The HTTP addresses of the silos.</summary>
    public List<HttpClient> Silos { get; } = [];

    /// <summary>Starts Redis and that many silos, one after the other.</summary>
    public static async Task<SiloCluster> Start(int silos, params string[] settings)
    {
        var cluster = new SiloCluster(settings);
        cluster._redisProcess = await ChildProcess.Start(
            Programs.Redis!,
            ["--port", $"{cluster._redis}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            "Ready to accept connections");
        await cluster.Add(silos);
        return cluster;
    }

    /// <summary>Starts PostgreSQL and that many silos, one after the other.</summary>
    public static async Task<SiloCluster> StartOnPostgreSql(int silos, params string[] settings)
    {
        var cluster = new SiloCluster(settings) { _database = await PostgreSqlServer.Start() };
        await cluster.Add(silos);
        return cluster;
    }

    /// <summary>Ends a silo as a deploy does: with SIGTERM.</summary>
    public Task<int> Stop(int silo) => _processes[silo].Stop(Patience);

    /// <summary>Waits until every silo serves, sees all others, and has sent what it had to send.</summary>
    public async Task WhenWhole()
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!(await Task.WhenAll(Silos.Select(IsWhole))).All(isWhole => isWhole))
        {
            await looks.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Kills a silo, as a crash does: with SIGKILL.</summary>
    public ValueTask Kill(int silo) => _processes[silo].DisposeAsync();

    /// <summary>Sends a silo a signal.</summary>
    public Task Send(int silo, string signal) => _processes[silo].Send(signal);

    /// <summary>Waits until a silo has printed that.</summary>
    public Task Says(int silo, string text) => _processes[silo].Says(text);

    /// <summary>Waits until a silo has ended by itself, and gives its exit code and what it said.</summary>
    public async Task<(int Code, string Output)> WhenEnded(int silo, TimeSpan patience) => (await _processes[silo].WhenExited(patience), _processes[silo].Output);

    /// <summary>What the silos have said that run now.</summary>
    public string Output => string.Join('\n', _processes.Select(process => process.Output));

    /// <summary>Empties Redis.</summary>
    public async Task Flush()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{Redis},allowAdmin=true");
        await redis.GetServer(Redis).FlushAllDatabasesAsync();
    }

    /// <summary>Drops all tables of PostgreSQL.</summary>
    public Task DropTables() => _database!.Execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");

    /// <summary>Starts a silo anew that was killed.</summary>
    public async Task Restart(int silo) => _processes[silo] = await StartSilo(silo);

    /// <summary>Which silo listens to the others on that port.</summary>
    public int SiloOn(int port) => _ports.FindIndex(ports => ports.Silo == port);

    public async ValueTask DisposeAsync()
    {
        Silos.ForEach(silo => silo.Dispose());
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }

        if (_redisProcess is { } redis)
        {
            await redis.DisposeAsync();
        }

        if (_database is { } database)
        {
            await database.DisposeAsync();
        }
    }

    private async Task Add(int silos)
    {
        for (var i = 0; i < silos; i++)
        {
            var ports = FreePorts.Take(3);
            _ports.Add((ports[0], ports[1], ports[2]));
            _processes.Add(await StartSilo(i));
            Silos.Add(new() { BaseAddress = new($"http://127.0.0.1:{ports[0]}") });
        }
    }

    private async Task<bool> IsWhole(HttpClient silo)
    {
        try
        {
            var cluster = await silo.GetFromJsonAsync<JsonElement>("/v1/cluster");
            var members = cluster.GetProperty("members").EnumerateArray().ToList();
            return members.Count == Silos.Count && cluster.GetProperty("unreachable").GetArrayLength() == 0 && members.TrueForAll(member => IsSettled(member, members.Count));
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static bool IsSettled(JsonElement member, int silos) =>
        member.GetProperty("serving").GetBoolean()
        && member.GetProperty("moves").GetProperty("owners").GetInt32() == silos
        && member.GetProperty("moves").GetProperty("settled").GetBoolean()
        && member.GetProperty("moves").GetProperty("fillingSeconds").ValueKind == JsonValueKind.Null
        && member.GetProperty("standby").GetProperty("waiting").GetInt64() == 0
        && member.GetProperty("standby").GetProperty("behind").GetInt32() == 0;

    private Task<ChildProcess> StartSilo(int silo) => ChildProcess.Start(
        "dotnet",
        [
            Repository.SiloProgram,
            "--urls", $"http://127.0.0.1:{_ports[silo].Http}",
            $"--TagCache:SiloPort={_ports[silo].Silo}",
            $"--TagCache:GatewayPort={_ports[silo].Gateway}",
            $"--TagCache:Clustering:Provider={(_database is null ? "Redis" : "PostgreSql")}",
            $"--TagCache:Clustering:ConnectionString={Database ?? Redis}",
            .. _settings,
        ],
        "OrleansTagCache is ready.");
}
