using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansTagCache;
using OrleansTagCache.Doors;
using OrleansTagCache.Hosting;
using OrleansTagCache.Near;

namespace Orleans.Hosting;

/// <summary>Adds the cache to an Orleans client.</summary>
public static class TagCacheClientBuilderExtensions
{
    /// <summary>Orleans' minute is too long: a gateway that is frozen or gone loses every call through it until the list is read again.</summary>
    private static readonly TimeSpan GatewayListRefreshPeriod = TimeSpan.FromSeconds(2);

    /// <summary>Registers <see cref="ITagCache"/> over the cluster that this client connects to. Calling it again only adds configuration.</summary>
    /// <remarks>It sets the period in which Orleans reads the list of gateways to 2 s; configure <see cref="GatewayOptions"/> afterwards to change it.</remarks>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="configure">Changes the options; they are validated at start-up, every fault reported at once.</param>
    public static IClientBuilder AddTagCacheClient(this IClientBuilder builder, Action<TagCacheClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Services.Any(service => service.ServiceType == typeof(SessionClient)))
        {
            builder.Services.AddTagCacheCore();
            builder.Services.AddSingleton<SessionClient>();
            builder.Services.AddSingleton<IDoorReach, ThroughItsGateway>();
            builder.Services.AddSingleton<INearHost>(provider => provider.GetRequiredService<SessionClient>());
            builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(provider => provider.GetRequiredService<SessionClient>());
            builder.Services.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayListRefreshPeriod);
        }

        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        return builder;
    }
}
