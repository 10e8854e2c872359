using Microsoft.Extensions.Caching.Hybrid;
using OrleansTagCache;
using OrleansTagCache.Adapters;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers <see cref="HybridCache"/> over the cluster's cache.</summary>
public static class HybridCacheExtensions
{
    /// <summary>
    /// Makes every <see cref="HybridCache"/> of this application the cluster's cache, and replaces one that was registered before. It needs the cache: call
    /// <c>AddTagCacheClient</c> on the Orleans client, or <c>AddTagCache</c> on a silo that hosts the application. Each namespace of <c>AddTagCacheNamespace</c> has one too, as a keyed service.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTagCacheHybridCache(this IServiceCollection services, Action<TagCacheHybridOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<TagCacheHybridOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddAdapter<HybridCache, TagCacheHybridCache>();
        return services;
    }
}
