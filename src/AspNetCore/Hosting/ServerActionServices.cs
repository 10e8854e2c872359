using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTagCache;
using OrleansTagCache.ServerActions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers server actions.</summary>
public static class ServerActionServices
{
    /// <summary>Lets endpoints that are marked with <c>WithServerAction()</c> or <see cref="ServerActionAttribute"/> update tags, and checks the marks when the application starts.</summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTagCacheServerActions(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddHttpContextAccessor();
        services.TryAddSingleton<EndpointServerActions>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServerActionSource, EndpointServerActions>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, ServerActionCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, RequestActions>());
        services.Configure<MvcOptions>(mvc =>
        {
            if (!mvc.Filters.OfType<PageHandlerFilter>().Any())
            {
                mvc.Filters.Add(new PageHandlerFilter());
            }
        });
        return services;
    }
}
