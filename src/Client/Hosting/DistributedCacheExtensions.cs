using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTagCache.Adapters;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers <see cref="IDistributedCache"/> over the cluster's cache.</summary>
public static class DistributedCacheExtensions
{
    /// <summary>
    /// Sessions, antiforgery and whatever else of this application wants an <see cref="IDistributedCache"/> gets the cluster's cache from now on, whichever was
    /// registered before. It needs the cache: call <c>AddTagCacheClient</c> on the Orleans client, or <c>AddTagCache</c> on a silo that hosts the application.
    /// </summary>
    /// <param name="services">The application's services.</param>
    public static IServiceCollection AddTagCacheDistributedCache(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddCacheRequired();
        services.Replace(ServiceDescriptor.Singleton<IDistributedCache>(provider => provider.CreateOverCache<TagCacheDistributedCache>()));
        return services;
    }
}
