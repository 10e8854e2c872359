using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Loaders;
using OrleansTagCache.Names;

namespace OrleansTagCache.Hosting;

/// <summary>What adding a loader registers, in a client and in a silo alike.</summary>
internal static class LoaderServices
{
    /// <exception cref="ArgumentException">The name breaks a limit, or is taken; or the options do.</exception>
    public static void AddLoader<T>(
        this IServiceCollection services,
        string name,
        Func<IServiceProvider, CacheContext, string, CancellationToken, ValueTask<T>> loader,
        CacheEntryOptions? options)
    {
        ArgumentNullException.ThrowIfNull(loader);
        var checkedName = LoaderName.Parse(name, nameof(name));
        options?.Check(nameof(options));
        TagSet.ForEntry(options?.Tags, nameof(options));
        if (services.Any(service => service.ImplementationInstance is LoaderRegistration other && other.Name == checkedName))
        {
            throw new ArgumentException("A loader with this name was already added.", nameof(name));
        }

        services.AddCacheRequiredAtStart();
        services.AddSingleton<LoaderRegistration>(new LoaderRegistration<T>(checkedName, loader, options));
    }
}
