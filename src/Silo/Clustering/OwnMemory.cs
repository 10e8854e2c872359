using Orleans.Configuration;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>One silo, complete, with nothing else installed.</summary>
internal sealed class OwnMemory : ClusterStore
{
    public override string Place => "in memory: entries, membership, reminders and pending refreshes end with this process";

    public override void AddTo(ISiloBuilder silo, SiloProgramOptions options)
    {
        silo.UseLocalhostClustering(options.SiloPort, options.GatewayPort, serviceId: options.ServiceId, clusterId: options.ClusterId);
        silo.Services.AddOptions<DevelopmentClusterMembershipOptions>()
            .Configure<SiloAddresses>((cluster, addresses) => cluster.PrimarySiloEndpoint = new(addresses.Advertised, options.SiloPort));
        silo.UseInMemoryReminderService();
        silo.AddMemoryGrainStorage(TagCacheOptions.JobStorage);
    }

    protected override StartUpFault? FaultOf(Exception exception) => null;
}
