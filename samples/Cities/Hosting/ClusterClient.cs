using Microsoft.Extensions.Options;

namespace OrleansTagCache.Samples.Cities.Hosting;

/// <summary>What the application does when no silo answers at its start.</summary>
internal enum WhenUnreachable
{
    /// <summary>Ends with an error.</summary>
    Fail = 0,

    /// <summary>Serves pages without the cache, and keeps on trying.</summary>
    GoOn = 1,
}

/// <summary>Makes the application a client of the cluster, and gives it <see cref="ITagCache"/>.</summary>
internal static class ClusterClient
{
    /// <summary>How long a page waits for the cluster before it is made without it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void AddClusterClient(this IHostApplicationBuilder builder, WhenUnreachable whenUnreachable)
    {
        var options = Read(builder.Configuration.GetSection("Cluster"));
        builder.UseOrleansClient(client =>
        {
            client.UseProvider(options);
            client.AddTagCacheClient(cache => (cache.ReadTimeout, cache.UpdateTimeout) = (Patience, TimeSpan.FromSeconds(10)));
            if (whenUnreachable == WhenUnreachable.GoOn)
            {
                client.UseConnectionRetryFilter<KeepConnecting>();
            }
        });

        // The client is a hosted service that starts when it has connected; the web server must not wait for it.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
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
