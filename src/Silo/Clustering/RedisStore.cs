using System.Net;
using Orleans.Storage;
using OrleansTagCache.Silo.StartUp;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Redis, over one connection for all.</summary>
internal sealed partial class RedisStore(IConnectionMultiplexer redis, ConfigurationOptions connecting, string connection) : ClusterStore
{
    /// <summary>A connection that is lost is there again by then, as a rule.</summary>
    private static readonly TimeSpan DiagnosePause = TimeSpan.FromSeconds(3);

    private bool _isDiagnosing;

    public override string Place => $"Redis at {ServersOf(connection)}";

    /// <exception cref="StartUpFault">It cannot be reached.</exception>
    public static async Task<RedisStore> Connect(ClusteringOptions options)
    {
        var password = PasswordFile.Of(options);
        try
        {
            var redis = ConfigurationOptions.Parse(options.ConnectionString!);
            redis.Defaults = new RedisDefaults(DefaultOptionsProvider.GetProvider(redis.EndPoints), password);
            if (password is not null)
            {
                // The file's, at each connection, and not what the text says.
                redis.Password = null;
            }

            return new(await Open(redis), redis, options.ConnectionString!);
        }
        catch (ArgumentException exception)
        {
            throw RedisRefusal.FaultOf(exception)!;
        }
    }

    /// <summary>The servers and no more: the password may stand anywhere in the text.</summary>
    public static string ServersOf(string connection)
    {
        var redis = ConfigurationOptions.Parse(connection);
        redis.SetDefaultPorts();
        return string.Join(", ", redis.EndPoints.Select(server => server is DnsEndPoint named ? $"{named.Host}:{named.Port}" : server.ToString()));
    }

    public override void AddTo(ISiloBuilder silo, SiloProgramOptions options)
    {
        // Orleans wants the settings beside the connection.
        var settings = ConfigurationOptions.Parse(connection);
        var service = OwnJobs.ServiceOf(options);
        silo.UseRedisClustering(clustering => (clustering.ConfigurationOptions, clustering.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true))));
        silo.UseRedisReminderService(reminders => (reminders.ConfigurationOptions, reminders.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true))));
        silo.AddRedisGrainStorage(TagCacheOptions.JobStorage, storage => storage.Configure<IServiceProvider>((jobs, services) =>
        {
            (jobs.ConfigurationOptions, jobs.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true)));
            jobs.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
            jobs.DeleteStateOnClear = true;
            jobs.GetStorageKey = service == options.ServiceId ? null : (type, grain) => $"{service}/state/{grain}/{type}";
        }));
        OwnJobs.AddTo(silo.Services, options);
    }

    public override async Task Watch(ILogger logger)
    {
        redis.ConnectionFailed += (_, failed) =>
        {
            if (failed.ConnectionType == ConnectionType.Interactive)
            {
                LogFailed(logger, $"{failed.EndPoint}", RedisRefusal.Of(failed.Exception) ?? $"{failed.FailureType}");
                if (!Interlocked.Exchange(ref _isDiagnosing, true))
                {
                    _ = Task.Run(() => Diagnose(logger));
                }
            }
        };
        redis.ConnectionRestored += (_, restored) =>
        {
            if (restored.ConnectionType == ConnectionType.Interactive)
            {
                LogRestored(logger, $"{restored.EndPoint}");
            }
        };
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            await CheckMemory(server, logger);
        }
    }

    protected override StartUpFault? FaultOf(Exception exception) => RedisRefusal.FaultOf(exception);

    private static async Task<IConnectionMultiplexer> Open(ConfigurationOptions options)
    {
        var log = new StringWriter();
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options, TextWriter.Synchronized(log));
        }
        catch (Exception exception) when (RedisRefusal.FaultOf(exception, $"{log}") is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>A connection that is made again and again says only that it cannot be; one of its own says why.</summary>
    private async Task Diagnose(ILogger logger)
    {
        try
        {
            await Task.Delay(DiagnosePause, TimeProvider.System, CancellationToken.None);
            if (!redis.IsConnected)
            {
                await using var own = await Open(connecting.Clone());
            }
        }
        catch (StartUpFault fault)
        {
            LogWhy(logger, fault.Message);
        }
        finally
        {
            Volatile.Write(ref _isDiagnosing, false);
        }
    }

    /// <summary>A server that may evict any key may evict the membership: it would be as if it had lost its data.</summary>
    private static async Task CheckMemory(IServer server, ILogger logger)
    {
        try
        {
            var memory = $"{await server.ExecuteAsync("INFO", "memory")}".Split('\n').Select(line => line.TrimEnd('\r').Split(':', 2)).Where(line => line.Length == 2).ToLookup(line => line[0], line => line[1]);
            if (memory["maxmemory"].FirstOrDefault() is { } most and not "0" && memory["maxmemory_policy"].FirstOrDefault() is { } policy && policy.StartsWith("allkeys", StringComparison.Ordinal))
            {
                LogMayEvict(logger, $"{server.EndPoint}", policy, most);
            }
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or RedisCommandException)
        {
            // Its user may not ask, or the server does not say.
        }
    }

    [LoggerMessage(7140, LogLevel.Error, "The connection to Redis at {Server} has failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string server, string reason);

    [LoggerMessage(7143, LogLevel.Error, "{Reason}")]
    private static partial void LogWhy(ILogger logger, string reason);

    [LoggerMessage(7141, LogLevel.Information, "The connection to Redis at {Server} is there again")]
    private static partial void LogRestored(ILogger logger, string server);

    [LoggerMessage(7142, LogLevel.Warning,
        "Redis at {Server} may evict any key (maxmemory-policy {Policy}, maxmemory {Bytes} bytes). If it evicts the membership of the cluster, every silo ends. Set maxmemory-policy to noeviction or volatile-lru, or give the silos a Redis of their own.")]
    private static partial void LogMayEvict(ILogger logger, string server, string policy, string bytes);
}
