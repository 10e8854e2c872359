using Orleans.Configuration;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Makes the silo a member of the cluster that the options name.</summary>
internal static class ClusteringExtensions
{
    /// <summary>How long a membership row is refreshed; rows that are three times as old do not hold up a silo that starts.</summary>
    private static readonly TimeSpan IAmAlivePeriod = TimeSpan.FromSeconds(5);

    public static ISiloBuilder UseClustering(this ISiloBuilder silo, SiloProgramOptions options, ClusterStore store)
    {
        if (store is not OwnMemory)
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            silo.ConfigureEndpoints(options.Address, options.SiloPort, options.GatewayPort);
        }

        store.AddTo(silo, options);
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
