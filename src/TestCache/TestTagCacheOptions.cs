using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Hosting;
using OrleansTagCache.Listeners;

namespace OrleansTagCache.Testing;

/// <summary>How a <see cref="TestTagCache"/> is made.</summary>
public sealed class TestTagCacheOptions
{
    private readonly ServiceCollection _loaders = [];
    private readonly List<ListenerRegistration> _listeners = [];

    /// <summary>The clock of the cache: lives, leases and time-outs count by it.</summary>
    /// <value>Default <see cref="TimeProvider.System"/>.</value>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>The services of factories that take an <see cref="IServiceProvider"/>, each run in a scope of its own, and the serializers of values.</summary>
    /// <value>Default none.</value>
    public IServiceProvider? Services { get; set; }

    /// <summary>The options of the cache and of its silo, with the limits and defaults of the real ones. What concerns other silos is ignored.</summary>
    public TagCacheOptions Cache { get; } = new();

    internal IEnumerable<ServiceDescriptor> Loaders => _loaders.Where(service => service.ImplementationInstance is Loaders.LoaderRegistration);

    internal IReadOnlyCollection<ListenerRegistration> Listeners => _listeners;

    /// <summary>Has a listener hear what the cache does, beside those that <see cref="Services"/> have by <c>AddTagCacheListener</c>.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="kinds">What it hears.</param>
    /// <returns>These options.</returns>
    public TestTagCacheOptions AddListener(ITagCacheListener listener, TagCacheEventKinds kinds = TagCacheEventKinds.AllButNearHits)
    {
        ArgumentNullException.ThrowIfNull(listener);
        _listeners.Add(new(listener.GetType(), kinds, _ => listener));
        return this;
    }

    /// <summary>Adds a loader, as <c>AddLoader</c> of a client or a silo does.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="name">Its name: 1 to 64 UTF-16 units without a colon.</param>
    /// <param name="loader">Makes the value of an argument.</param>
    /// <param name="options">What is known of its entries beforehand.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">The name breaks a limit, or is taken; or the options do.</exception>
    public TestTagCacheOptions AddLoader<T>(string name, Func<CacheContext, string, CancellationToken, ValueTask<T>> loader, CacheEntryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(loader);
        return AddLoader(name, (_, context, argument, token) => loader(context, argument, token), options);
    }

    /// <summary>As <see cref="AddLoader{T}(string, Func{CacheContext, string, CancellationToken, ValueTask{T}}, CacheEntryOptions?)"/>, with the services of a scope for each run.</summary>
    /// <inheritdoc cref="AddLoader{T}(string, Func{CacheContext, string, CancellationToken, ValueTask{T}}, CacheEntryOptions?)"/>
    public TestTagCacheOptions AddLoader<T>(string name, Func<IServiceProvider, CacheContext, string, CancellationToken, ValueTask<T>> loader, CacheEntryOptions? options = null)
    {
        _loaders.AddLoader(name, loader, options);
        return this;
    }
}
