using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansTagCache;
using OrleansTagCache.Hosting;
using OrleansTagCache.Near;
using OrleansTagCache.Transport;

namespace Orleans.Hosting;

/// <summary>Adds the cache to an Orleans client.</summary>
public static class TagCacheClientBuilderExtensions
{
    /// <summary>Orleans' minute is too long: a gateway that is frozen or gone loses every call through it until the list is read again.</summary>
    private static readonly TimeSpan GatewayListRefreshPeriod = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Registers <see cref="ITagCache"/> over the cluster that this client connects to. The application starts whether or not a silo answers: until one does, factories run and nothing
    /// is stored, and it tries again every two seconds. Options come from the section <c>TagCache</c> of the configuration if there is one, then from <paramref name="configure"/>.
    /// Calling it again only adds code, which has the last word.
    /// </summary>
    /// <remarks>
    /// It has Orleans read the list of gateways every 2 s, unless a period other than Orleans' default was configured. A connection retry filter of the application's own decides
    /// when to try again and when to give up: then the application goes on without the cache until it is started again. The application's own grains cannot be called before there is a connection; if it calls any, see
    /// <see cref="TagCacheClientOptions.RequireClusterAtStart"/>.
    /// </remarks>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="configure">Changes the options; they are validated at start-up, and all faults are reported at once.</param>
    /// <returns>The Orleans client.</returns>
    public static IClientBuilder AddTagCacheClient(this IClientBuilder builder, Action<TagCacheClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Services.Any(service => service.ServiceType == typeof(SessionClient)))
        {
            builder.Services.AddTagCacheOptions<TagCacheClientOptions, TagCacheClientOptionsValidator>(builder.Configuration);
            AddConnection(builder.Services);
            builder.Services.AddTagCacheCore();
            builder.Services.AddSingleton<SessionClient>();
            builder.Services.AddSingleton<IEndpointResolver, GatewayEndpoints>();
            builder.Services.AddSingleton<INearLeases>(provider => provider.GetRequiredService<SessionClient>());
            builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(provider => provider.GetRequiredService<SessionClient>());
            builder.Services.Configure<GatewayOptions>(gateways =>
            {
                if (gateways.GatewayListRefreshPeriod == new GatewayOptions().GatewayListRefreshPeriod)
                {
                    gateways.GatewayListRefreshPeriod = GatewayListRefreshPeriod;
                }
            });
        }

        if (configure is not null)
        {
            builder.Services.ConfigureAll(configure);
        }

        return builder;
    }

    /// <summary>Puts our way to connect in the place of Orleans' own, which holds the application's start up.</summary>
    private static void AddConnection(IServiceCollection services)
    {
        var orleans = services.IndexOf(services.Single(service => service.ServiceType == typeof(IHostedService)
            && !service.IsKeyedService && service.ImplementationFactory?.Method.Module == typeof(ClientBuilder).Module));
        var client = services[orleans].ImplementationFactory!;
        services[orleans] = ServiceDescriptor.Singleton<IHostedService>(provider =>
            ActivatorUtilities.CreateInstance<ClusterConnection>(provider, (IHostedService)client(provider)));

        var filter = services.Last(service => service.ServiceType == typeof(IClientConnectionRetryFilter) && !service.IsKeyedService);
        var isOrleans = filter.ImplementationType?.Module == typeof(ClientBuilder).Module;
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ConnectionAttempts>(provider, new RetryDecider(
            isOrleans && !provider.GetRequiredService<TagCacheClientOptions>().RequireClusterAtStart ? null : FilterOf(filter, provider))));
        services.AddSingleton<IClientConnectionRetryFilter>(provider => provider.GetRequiredService<ConnectionAttempts>());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Reachability>(provider, false));
        services.AddSingleton<ForeignClusters>();
        services.AddOptions<ClientConnectionOptions>().Configure<ForeignClusters>((connections, clusters) =>
            connections.ConfigureConnection(connection => connection.Use(clusters.OfClient)));

        static IClientConnectionRetryFilter FilterOf(ServiceDescriptor filter, IServiceProvider provider) => (IClientConnectionRetryFilter)(
            filter.ImplementationInstance
            ?? filter.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, filter.ImplementationType!));
    }
}
