using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTagCache;
using OrleansTagCache.Listeners;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds listeners to the caches of a process.</summary>
public static class TagCacheListenerExtensions
{
    /// <summary>Has a listener hear what the caches of this process do, in all its namespaces; in a client, in a silo, and over a <c>TestTagCache</c> that was given these services.</summary>
    /// <typeparam name="T">The listener, a singleton. It is made when there is the first event for it, so it may depend on <see cref="ITagCache"/>.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="kinds">What it hears.</param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentException">The listener was already added.</exception>
    public static IServiceCollection AddTagCacheListener<T>(this IServiceCollection services, TagCacheEventKinds kinds = TagCacheEventKinds.AllButNearHits)
        where T : class, ITagCacheListener
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => !service.IsKeyedService && service.ImplementationInstance is ListenerRegistration other && other.Type == typeof(T)))
        {
            throw new ArgumentException($"The listener {typeof(T)} was already added.", nameof(services));
        }

        services.TryAddSingleton<T>();
        return services.AddSingleton(new ListenerRegistration(typeof(T), kinds, static provider => provider.GetRequiredService<T>()));
    }
}
