using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansTagCache.Hosting;
using OrleansTagCache.OutputCaching;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers output caching over the cluster's cache.</summary>
public static class OutputCacheServices
{
    /// <summary>
    /// Registers output caching as <c>AddOutputCache</c> does, with its policies, attributes and middleware, but keeps responses in the cluster's cache. It needs the cache:
    /// call <c>AddTagCacheClient</c> on the Orleans client, or <c>AddTagCache</c> on a silo that hosts the application.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes output caching's own options.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTagCacheOutputCache(this IServiceCollection services, Action<OutputCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOutputCache();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddHttpContextAccessor();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<OutputCacheOptions>, AddPolicy>());
        services.AddCacheRequired();
        services.Replace(ServiceDescriptor.Singleton<IOutputCacheStore>(provider => provider.CreateOverCache<TagCacheOutputStore>()));
        return services;
    }

    private sealed class AddPolicy(TimeProvider time) : IConfigureOptions<OutputCacheOptions>
    {
        public void Configure(OutputCacheOptions options) => options.AddBasePolicy(new TagCacheOutputPolicy(time));
    }
}
