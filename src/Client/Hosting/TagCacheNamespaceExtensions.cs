using OrleansTagCache;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds caches of further namespaces to a client or a silo.</summary>
public static class TagCacheNamespaceExtensions
{
    /// <summary>
    /// Registers an <see cref="ITagCache"/> of a namespace, beside that of the process, as a keyed service: its entries, tags, loaders and factories are apart from those of other namespaces, and
    /// an update of <c>*</c> there is one of that namespace alone. Where the adapters are registered, so are a keyed <c>HybridCache</c> and <c>IDistributedCache</c> of the namespace. It needs the cache of the process:
    /// call <c>AddTagCacheClient</c> on the Orleans client, or <c>AddTagCache</c> on a silo that hosts the application, before or after.
    /// </summary>
    /// <example>
    /// <code>
    /// builder.UseOrleansClient(client => client.AddTagCacheClient());
    /// builder.Services.AddTagCacheNamespace("shop", shop => shop.DefaultLife = CacheLife.Hours);
    ///
    /// app.MapGet("/products/{id}", ([FromKeyedServices("shop")] ITagCache shop, string id) =>
    ///     shop.GetOrCreateAsync($"product:{id}", (_, token) => LoadProduct(id, token), new() { Tags = ["products"] }));
    /// </code>
    /// </example>
    /// <remarks>
    /// <para>
    /// The namespace has the section <c>TagCache</c> and the code of <c>AddTagCacheClient</c> or <c>AddTagCache</c>, as the process has, then what <c>services.Configure&lt;TagCacheClientOptions&gt;(name, ...)</c> says of
    /// options of its name, then <paramref name="configure"/>. <c>ConfigureAll</c> is for every cache; <c>Configure</c> without a name is for that of the process alone. The bounds of the near cache are its own: each namespace keeps as much near as its options say, and none
    /// evicts what another keeps. The connection to the cluster is shared, and so is what the options bound for the whole process: <see cref="TagCacheClientOptions.RequireClusterAtStart"/> and
    /// <see cref="TagCacheClientOptions.MaximumBackgroundRefreshes"/> of the process count. Metrics do not tell namespaces apart.
    /// </para>
    /// <para>
    /// A factory may call the caches of other namespaces. The entry that it makes depends on what it read there: it expires when one of those entries' tags, or <c>*</c>, is updated in the
    /// other namespace. Those tags are not listed among its own.
    /// </para>
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The namespace, and the key of its services: 1 to 64 UTF-16 units.</param>
    /// <param name="configure">Changes the options of the cache; they are validated at start-up, with those of the process.</param>
    /// <returns>Adds loaders to the namespace.</returns>
    /// <exception cref="ArgumentException">The name breaks a limit, or was added before.</exception>
    public static TagCacheNamespaceBuilder AddTagCacheNamespace(this IServiceCollection services, string name, Action<TagCacheClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        _ = CacheNamespace.Parse(name, nameof(name));
        if (services.Any(service => service.ImplementationInstance is NamespaceRegistration other && other.Name == name))
        {
            throw new ArgumentException($"The namespace '{name}' was added before. Name everything that it needs in one call of AddTagCacheNamespace.", nameof(name));
        }

        services.AddCacheRequiredAtStart();
        services.AddSingleton(new NamespaceRegistration(name, configure));
        services.AddKeyedSingleton(name, (provider, _) => new NamespaceServices(provider, name));
        services.AddKeyedSingleton<ITagCache>(name, (provider, _) => provider.GetRequiredKeyedService<NamespaceServices>(name).GetRequiredService<TagCache>());
        services.AddKeyedAdapters();
        return new(services, name);
    }
}

/// <summary>A namespace that was added to the services of a process.</summary>
public sealed class TagCacheNamespaceBuilder
{
    internal TagCacheNamespaceBuilder(IServiceCollection services, string name) => (Services, Name) = (services, name);

    /// <summary>The namespace, and the key of its services.</summary>
    public string Name { get; }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Offers a loader of this namespace to the cluster for as long as this process runs: a named factory for <see cref="ITagCache.GetAsync"/> of the namespace's caches. The name may be one of
    /// a loader of another namespace.
    /// </summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="name">1 to 64 UTF-16 units, no colon.</param>
    /// <param name="loader">Makes the value of an argument. It must not update or revalidate tags.</param>
    /// <param name="options">Tags and life that are known beforehand; the loader may add to both.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name breaks a limit or is taken in this namespace, or the options break a limit.</exception>
    public TagCacheNamespaceBuilder AddLoader<T>(
        string name, Func<CacheContext, string, CancellationToken, ValueTask<T>> loader, CacheEntryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(loader);
        return AddLoader(name, (_, context, argument, token) => loader(context, argument, token), options);
    }

    /// <summary>As the other overload, with services: a scope for each run.</summary>
    /// <inheritdoc cref="AddLoader{T}(string, Func{CacheContext, string, CancellationToken, ValueTask{T}}, CacheEntryOptions?)"/>
    public TagCacheNamespaceBuilder AddLoader<T>(
        string name, Func<IServiceProvider, CacheContext, string, CancellationToken, ValueTask<T>> loader, CacheEntryOptions? options = null)
    {
        Services.AddLoader(name, loader, options, Name);
        return this;
    }
}
