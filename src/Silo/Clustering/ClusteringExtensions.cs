using Orleans.Configuration;
using Orleans.Storage;
using StackExchange.Redis;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Makes the silo a member of the cluster that the options name.</summary>
internal static class ClusteringExtensions
{
    /// <summary>How long a membership row is refreshed; rows that are three times as old do not hold up a silo that starts.</summary>
    private static readonly TimeSpan IAmAlivePeriod = TimeSpan.FromSeconds(5);

    public static ISiloBuilder UseClustering(this ISiloBuilder silo, SiloProgramOptions options, IConnectionMultiplexer? redis)
    {
        if (options.Clustering.Provider == ClusteringProvider.Localhost)
        {
            silo.UseLocalhostClustering(options.SiloPort, options.GatewayPort, serviceId: options.ServiceId, clusterId: options.ClusterId);
            silo.UseInMemoryReminderService();
            silo.AddMemoryGrainStorage(TagCacheOptions.JobStorage);
            return silo.DetectFailuresSoon();
        }

        ArgumentNullException.ThrowIfNull(redis);
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
        silo.ConfigureEndpoints(options.Address, options.SiloPort, options.GatewayPort);

        // One connection for all; Orleans wants the settings beside it.
        var settings = ConfigurationOptions.Parse(options.Clustering.ConnectionString!);
        silo.UseRedisClustering(clustering =>
            (clustering.ConfigurationOptions, clustering.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true))));
        silo.UseRedisReminderService(reminders =>
            (reminders.ConfigurationOptions, reminders.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true))));
        silo.AddRedisGrainStorage(TagCacheOptions.JobStorage, storage => storage.Configure<IServiceProvider>((jobs, services) =>
        {
            (jobs.ConfigurationOptions, jobs.CreateMultiplexer) = (settings, _ => Task.FromResult((redis, true)));
            jobs.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
            jobs.DeleteStateOnClear = true;
        }));
        return silo.DetectFailuresSoon();
    }

    /// <summary>A killed silo is declared dead within about 4 s, a frozen one within about 8 s.</summary>
    private static ISiloBuilder DetectFailuresSoon(this ISiloBuilder silo) => silo.Configure<ClusterMembershipOptions>(membership =>
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 2;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = IAmAlivePeriod;
    });
}
