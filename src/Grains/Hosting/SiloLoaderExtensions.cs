using OrleansTagCache;
using OrleansTagCache.Hosting;

namespace Orleans.Hosting;

/// <summary>Adds loaders to a silo.</summary>
public static class SiloLoaderExtensions
{
    /// <summary>
    /// Offers a loader to the cluster for as long as this silo runs: a named factory for <see cref="ITagCache.GetAsync"/>, which the
    /// cluster runs again, without a reader, when a tag of an entry was revalidated.
    /// </summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="builder">The silo.</param>
    /// <param name="name">1 to 64 UTF-16 units, no colon. All processes that offer a name should make the same value from the same argument.</param>
    /// <param name="loader">Makes the value from an argument. It must not update or revalidate tags.</param>
    /// <param name="options">Tags and life that are known beforehand; the loader may add to both.</param>
    /// <returns>The silo.</returns>
    /// <exception cref="ArgumentException">The name breaks a limit or is taken, or the options break a limit.</exception>
    public static ISiloBuilder AddLoader<T>(
        this ISiloBuilder builder,
        string name,
        Func<CacheContext, string, CancellationToken, ValueTask<T>> loader,
        CacheEntryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(loader);
        return builder.AddLoader(name, (_, context, argument, token) => loader(context, argument, token), options);
    }

    /// <summary>As <see cref="AddLoader{T}(ISiloBuilder, string, Func{CacheContext, string, CancellationToken, ValueTask{T}}, CacheEntryOptions?)"/>, with the services of a scope for each run.</summary>
    /// <inheritdoc cref="AddLoader{T}(ISiloBuilder, string, Func{CacheContext, string, CancellationToken, ValueTask{T}}, CacheEntryOptions?)"/>
    public static ISiloBuilder AddLoader<T>(
        this ISiloBuilder builder,
        string name,
        Func<IServiceProvider, CacheContext, string, CancellationToken, ValueTask<T>> loader,
        CacheEntryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLoader(name, loader, options);
        return builder;
    }
}
