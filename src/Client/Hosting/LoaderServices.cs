using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Loaders;
using OrleansTagCache.Names;

namespace OrleansTagCache.Hosting;

/// <summary>What adding a loader registers, in a client and in a silo alike.</summary>
internal static class LoaderServices
{
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the loader.</param>
    /// <param name="loader">Makes the value of an argument.</param>
    /// <param name="options">What is known of its entries.</param>
    /// <param name="ns">A further namespace of the process, or null for its own.</param>
    /// <exception cref="ArgumentException">The name breaks a limit, or is taken; or the options do.</exception>
    public static void AddLoader<T>(
        this IServiceCollection services,
        string name,
        Func<IServiceProvider, CacheContext, string, CancellationToken, ValueTask<T>> loader,
        CacheEntryOptions? options,
        string? ns = null)
    {
        ArgumentNullException.ThrowIfNull(loader);
        var checkedName = LoaderName.Parse(name, nameof(name));
        options?.Check(nameof(options));
        TagSet.ForEntry(options?.Tags, nameof(options));
        if (services.Any(service => Equals(service.ServiceKey, ns)
            && (service.IsKeyedService ? service.KeyedImplementationInstance : service.ImplementationInstance) is LoaderRegistration other && other.Name == checkedName))
        {
            throw new ArgumentException("A loader with this name was already added.", nameof(name));
        }

        services.AddCacheRequiredAtStart();
        services.Add(new(typeof(LoaderRegistration), ns, new LoaderRegistration<T>(checkedName, loader, options)));
    }
}
