using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansTagCache;
using OrleansTagCache.Tls;

namespace Orleans.Hosting;

/// <summary>Adds mutual TLS to a silo.</summary>
public static class ClusterTlsSiloBuilderExtensions
{
    /// <summary>
    /// Accepts and opens connections with mutual TLS only: all silos and clients must use it. Calling it again only adds configuration.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">The certificates; they are read and checked at start-up, and all faults are reported at once.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder UseClusterTls(this ISiloBuilder builder, Action<ClusterTlsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        if (builder.Services.AddClusterTls(configure, isSilo: true))
        {
            builder.Services.AddOptions<SiloConnectionOptions>().Configure<ClusterTls>((connections, tls) =>
            {
                connections.ConfigureSiloInboundConnection(tls.AcceptSilos);
                connections.ConfigureSiloOutboundConnection(tls.Connect);
                connections.ConfigureGatewayInboundConnection(tls.AcceptClients);
            });
        }

        return builder;
    }
}
