using Microsoft.Extensions.Options;

namespace OrleansTagCache.Samples.Cities.Hosting;

/// <summary>Makes the application a client of the cluster, and gives it <see cref="ITagCache"/>.</summary>
internal static class ClusterClient
{
    /// <summary>How long a page waits for the cluster before it is made without it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="builder">The application.</param>
    /// <param name="isRequired">Whether it is useless without the cluster; otherwise it starts, serves pages without the cache, and connects when a silo answers.</param>
    public static void AddClusterClient(this IHostApplicationBuilder builder, bool isRequired = false)
    {
        var options = Read(builder.Configuration.GetSection("Cluster"));
        builder.UseOrleansClient(client =>
        {
            client.UseProvider(options);
            client.AddTagCacheClient(cache =>
            {
                cache.RequireClusterAtStart = isRequired;
                (cache.ReadTimeout, cache.UpdateTimeout) = (Patience, TimeSpan.FromSeconds(10));
            });
        });
    }

    /// <exception cref="OptionsValidationException">Something is wrong with the section.</exception>
    private static ClusterOptions Read(IConfigurationSection section)
    {
        string[] faults;
        try
        {
            var options = section.Get<ClusterOptions>() ?? new();
            faults = [.. options.Faults()];
            if (faults.Length == 0)
            {
                return options;
            }
        }
        catch (InvalidOperationException unreadable)
        {
            faults = [unreadable.Message];
        }

        throw new OptionsValidationException(section.Key, typeof(ClusterOptions), faults);
    }

    private static void UseProvider(this IClientBuilder client, ClusterOptions options)
    {
        if (options.Provider == ClusterProvider.Localhost)
        {
            client.UseLocalhostClustering(options.GatewayPorts, options.ServiceId, options.ClusterId);
            return;
        }

        client.UseRedisClustering(options.ConnectionString);
        client.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId));
    }
}
