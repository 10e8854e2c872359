using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansTagCache;
using OrleansTagCache.Tls;

namespace Orleans.Hosting;

/// <summary>Adds mutual TLS to an Orleans client.</summary>
public static class ClusterTlsClientBuilderExtensions
{
    /// <summary>Connects to gateways with mutual TLS only. Calling it again only adds configuration.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">The certificates; they are read and checked at start-up, and all faults are reported at once.</param>
    /// <returns>The client.</returns>
    public static IClientBuilder UseClusterTls(this IClientBuilder builder, Action<ClusterTlsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        if (builder.Services.AddClusterTls(configure, isSilo: false))
        {
            builder.Services.AddOptions<ClientConnectionOptions>()
                .Configure<ClusterTls>((connections, tls) => connections.ConfigureConnection(tls.Connect));
        }

        return builder;
    }
}
