using Microsoft.Extensions.Caching.Distributed;
using OrleansTagCache.Adapters;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers <see cref="IDistributedCache"/> over the cluster's cache.</summary>
public static class DistributedCacheExtensions
{
    /// <summary>
    /// Gives sessions, antiforgery and every other user of <see cref="IDistributedCache"/> in this application the cluster's cache, and replaces one that was
    /// registered before. It needs the cache: call <c>AddTagCacheClient</c> on the Orleans client, or <c>AddTagCache</c> on a silo that hosts the application.
    /// Each namespace of <c>AddTagCacheNamespace</c> has one too, as a keyed service.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTagCacheDistributedCache(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddAdapter<IDistributedCache, TagCacheDistributedCache>();
        return services;
    }
}
