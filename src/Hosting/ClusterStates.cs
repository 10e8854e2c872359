using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>A cluster is no process of its own, so its state is made from those of its silos: it runs while all of them serve.</summary>
internal sealed partial class ClusterStates(OrleansTagCacheResource cluster, IServiceProvider services)
{
    private readonly ResourceNotificationService _notifications = services.GetRequiredService<ResourceNotificationService>();
    private readonly ILogger _log = services.GetRequiredService<ILoggerFactory>().CreateLogger<ClusterStates>();
    private readonly Dictionary<string, CustomResourceSnapshot> _silos = [];
    private string? _state;

    /// <summary>Begins to follow the silos, in the background, for as long as the host runs.</summary>
    public static void Follow(OrleansTagCacheResource cluster, IServiceProvider services) =>
        _ = new ClusterStates(cluster, services).Run(services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    private async Task Run(CancellationToken stopping)
    {
        try
        {
            await services.GetRequiredService<IDistributedApplicationEventing>().PublishAsync(new ConnectionStringAvailableEvent(cluster, services), stopping).ConfigureAwait(false);
            await foreach (var change in _notifications.WatchAsync(stopping).ConfigureAwait(false))
            {
                if (change.Resource is TagCacheSiloResource silo && silo.Parent == cluster)
                {
                    _silos[silo.Name] = change.Snapshot;
                    await Publish().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            LogNotFollowed(cluster.Name, exception);
        }
    }

    private Task Publish()
    {
        var state = StateOf([.. cluster.Silos.Select(silo => _silos.GetValueOrDefault(silo.Name))]);
        if (state == _state)
        {
            return Task.CompletedTask;
        }

        _state = state;
        return _notifications.PublishUpdateAsync(cluster, snapshot => snapshot with { State = state });
    }

    /// <summary>What the silos' states make the cluster's.</summary>
    private static string StateOf(CustomResourceSnapshot?[] silos)
    {
        if (Array.TrueForAll(silos, silo => silo is { HealthStatus: HealthStatus.Healthy } && silo.State?.Text == KnownResourceStates.Running))
        {
            return KnownResourceStates.Running;
        }

        var ended = silos.Count(silo => silo?.State?.Text is { } text && KnownResourceStates.TerminalStates.Contains(text));
        return ended == silos.Length ? KnownResourceStates.Exited
            : ended > 0 ? KnownResourceStates.RuntimeUnhealthy
            : Array.Exists(silos, silo => silo?.State?.Text == KnownResourceStates.Running) ? KnownResourceStates.Starting
            : KnownResourceStates.Waiting;
    }

    [LoggerMessage(9001, LogLevel.Error, "The state of the cluster {Cluster} is not followed any more")]
    private partial void LogNotFollowed(string cluster, Exception exception);
}
