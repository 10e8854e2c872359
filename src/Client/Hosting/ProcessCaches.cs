using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.Hosting;

/// <summary>All caches of the process: its own, and those of its further namespaces.</summary>
internal sealed class ProcessCaches(IServiceProvider services, IEnumerable<NamespaceRegistration> added)
{
    /// <summary>What each of them has one of.</summary>
    /// <typeparam name="T">One of <see cref="TagCacheServices.PerNamespace"/>.</typeparam>
    public T[] Each<T>()
        where T : class =>
        [services.GetRequiredService<T>(), .. added.Select(registration => services.GetRequiredKeyedService<NamespaceServices>(registration.Name).GetRequiredService<T>())];
}
