using System.Net;
using OrleansTagCache.Silo.Clustering;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Says so when the Orleans ports are reachable from other machines without mutual TLS.</summary>
internal sealed partial class ExposureWarning(ClusteringOptions clustering, ILogger<ExposureWarning> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!IPAddress.IsLoopback(clustering.Address) && !clustering.Tls.IsWanted)
        {
            LogExposed(clustering.SiloPort, clustering.GatewayPort, clustering.AdvertisedAddress);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(7110, LogLevel.Warning,
        "The ports {SiloPort} and {GatewayPort} of {Address} were opened without mutual TLS. Whoever reaches them can read, store and expire everything in every namespace, without a key. Set TagCache:Tls, or keep them in a network of their own.")]
    private partial void LogExposed(int siloPort, int gatewayPort, string address);
}
