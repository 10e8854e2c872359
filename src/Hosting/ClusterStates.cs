using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>A cluster is no process, so nobody but this says that it runs: once all of its silos serve.</summary>
internal static class ClusterStates
{
    /// <summary>Begins to follow the silos, in the background.</summary>
    public static void Follow(OrleansTagCacheResource cluster, IServiceProvider services) =>
        _ = Follow(cluster, services, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    private static async Task Follow(OrleansTagCacheResource cluster, IServiceProvider services, CancellationToken stopping)
    {
        var notifications = services.GetRequiredService<ResourceNotificationService>();
        try
        {
            await services.GetRequiredService<IDistributedApplicationEventing>().PublishAsync(new ConnectionStringAvailableEvent(cluster, services), stopping).ConfigureAwait(false);
            foreach (var silo in cluster.Silos)
            {
                await notifications.WaitForResourceHealthyAsync(silo.Name, stopping).ConfigureAwait(false);
            }

            await notifications.PublishUpdateAsync(cluster, state => state with { State = KnownResourceStates.Running, StartTimeStamp = services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (DistributedApplicationException)
        {
            // A silo has ended before it served; its own state and log say why.
            await notifications.PublishUpdateAsync(cluster, state => state with { State = KnownResourceStates.FailedToStart }).ConfigureAwait(false);
        }
    }
}
