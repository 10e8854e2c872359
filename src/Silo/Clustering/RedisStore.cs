using System.Net;
using Orleans.Storage;
using OrleansTagCache.Silo.StartUp;
using StackExchange.Redis;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Redis, over one connection for all.</summary>
internal sealed class RedisStore(IConnectionMultiplexer redis, string connection) : ClusterStore
{
    private const int ConnectMilliseconds = 3_000;

    public override string Place => $"Redis at {ServersOf(connection)}";

    /// <exception cref="StartUpFault">It cannot be reached.</exception>
    public static async Task<RedisStore> Connect(string connection)
    {
        try
        {
            var redis = ConfigurationOptions.Parse(connection);
            redis.ConnectTimeout = ConnectMilliseconds;
            return new(await ConnectionMultiplexer.ConnectAsync(redis), connection);
        }
        catch (Exception exception) when (exception is RedisException or ArgumentException)
        {
            throw new StartUpFault("The Redis of TagCache:Clustering:ConnectionString cannot be reached. Check that it is running and that the address is right.", mayPass: exception is RedisException);
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
        silo.UseRedisClustering(clustering => (clustering.ConfigurationOptions, clustering.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true))));
        silo.UseRedisReminderService(reminders => (reminders.ConfigurationOptions, reminders.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true))));
        silo.AddRedisGrainStorage(TagCacheOptions.JobStorage, storage => storage.Configure<IServiceProvider>((jobs, services) =>
        {
            (jobs.ConfigurationOptions, jobs.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true)));
            jobs.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
            jobs.DeleteStateOnClear = true;
        }));
    }
}
