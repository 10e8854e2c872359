using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>
/// Keeps the jobs of clusters apart that share a store and a <c>ServiceId</c>, as a blue and a green one do. Orleans means reminders and state to be a service's, whatever its cluster; a refresh
/// is for the entries of one cluster, and its loaders are those of that cluster's applications.
/// </summary>
internal static class OwnJobs
{
    /// <summary>What the tables of a store hold of an id.</summary>
    private const int LongestId = 150;

    /// <summary>The service in whose name a cluster's jobs are kept. A cluster that is named as its service, as by default, keeps them where they have always been.</summary>
    /// <exception cref="StartUpFault">The names are too long.</exception>
    public static string ServiceOf(SiloProgramOptions options)
    {
        var service = options.ClusterId == options.ServiceId ? options.ServiceId : $"{options.ServiceId}/{options.ClusterId}";
        return service.Length <= LongestId
            ? service
            : throw new StartUpFault($"{TagCacheOptions.Section}:{nameof(options.ServiceId)} and {nameof(options.ClusterId)} are too long together: {service.Length} characters with the one between them, and {LongestId} at most.");
    }

    /// <summary>To be called when the store's reminders and storage are registered.</summary>
    public static void AddTo(IServiceCollection services, SiloProgramOptions options)
    {
        var cluster = new ClusterOptions { ClusterId = options.ClusterId, ServiceId = ServiceOf(options) };
        services.AddKeyedSingleton(TagCacheOptions.JobStorage, cluster);
        var reminders = services.Last(service => service.ServiceType == typeof(IReminderTable)).ImplementationType!;
        services.AddSingleton(provider => (IReminderTable)ActivatorUtilities.CreateInstance(provider, reminders, Options.Create(cluster)));
    }
}
