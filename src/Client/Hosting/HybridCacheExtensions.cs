using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTagCache.Adapters;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers <see cref="HybridCache"/> over the cluster's cache.</summary>
public static class HybridCacheExtensions
{
    /// <summary>
    /// Every <see cref="HybridCache"/> of this application is the cluster's cache from now on, whichever was registered before. It needs the cache: call
    /// <c>AddTagCacheClient</c> on the Orleans client, or <c>AddTagCache</c> on a silo that hosts the application.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes the options.</param>
    public static IServiceCollection AddTagCacheHybridCache(this IServiceCollection services, Action<TagCacheHybridOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<TagCacheHybridOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddCacheRequired();
        services.Replace(ServiceDescriptor.Singleton<HybridCache>(provider => provider.CreateOverCache<TagCacheHybridCache>()));
        return services;
    }
}
