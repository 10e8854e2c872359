namespace OrleansTagCache.Silo.Clustering;

/// <summary>Has the store of the cluster watched while the silo runs.</summary>
internal sealed class StoreWatch(ClusterStore store, ILogger<StoreWatch> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => store.Watch(logger);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
