using Orleans.Configuration;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Makes the silo a member of the cluster that the options name.</summary>
internal static class ClusteringExtensions
{
    /// <summary>How long a membership row is refreshed; rows that are three times as old do not hold up a silo that starts.</summary>
    private static readonly TimeSpan IAmAlivePeriod = TimeSpan.FromSeconds(5);

    /// <summary>How long a silo that stops tries to write that it does.</summary>
    private static readonly TimeSpan LastWritePatience = TimeSpan.FromSeconds(3);

    /// <summary>Each silo tells every other one its load, for the placement of grains; entries and tags have their places without it. Orleans' second is too often among many silos.</summary>
    private static readonly TimeSpan LoadPeriod = TimeSpan.FromSeconds(10);

    public static ISiloBuilder UseClustering(this ISiloBuilder silo, SiloProgramOptions options, SiloAddresses addresses, ClusterStore store)
    {
        if (store is not OwnMemory)
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
            silo.Services.AddSingleton<OwnAddress>();
            silo.Services.AddSingleton<ILocalSiloDetails>(services => services.GetRequiredService<OwnAddress>());
        }

        store.AddTo(silo, options);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            (endpoints.AdvertisedIPAddress, endpoints.SiloPort, endpoints.GatewayPort) = (addresses.Advertised, options.SiloPort, options.GatewayPort);
            endpoints.SiloListeningEndpoint = new(addresses.Listening, options.SiloPort);
            endpoints.GatewayListeningEndpoint = new(addresses.Listening, options.GatewayPort);
        });
        silo.Configure<DeploymentLoadPublisherOptions>(load => load.DeploymentLoadPublisherRefreshTime = LoadPeriod);
        return silo.DetectFailuresSoon().StopWithoutTheStore();
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

    /// <summary>A silo that starts waits for the store; one that stops does not: without it, it is found dead, as one that was killed is.</summary>
    private static ISiloBuilder StopWithoutTheStore(this ISiloBuilder silo)
    {
        silo.Services.AddOptions<ClusterMembershipOptions>().PostConfigure<IHostApplicationLifetime>((membership, lifetime) =>
            lifetime.ApplicationStopping.Register(() => membership.MaxJoinAttemptTime = LastWritePatience));
        return silo;
    }
}
