using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Loaders;

namespace OrleansTagCache.Hosting;

/// <summary>
/// The services of one further namespace of a process: in front of the services of the process stands what each namespace has one of, with the options of the namespace. So whatever is made
/// from these services belongs to the namespace alone.
/// </summary>
/// <remarks>Thread-safe: all is made in the constructor.</remarks>
internal sealed class NamespaceServices : IServiceProvider, IDisposable
{
    private readonly Dictionary<Type, object> _own = [];
    private readonly IServiceProvider _process;

    /// <exception cref="InvalidOperationException">The process has no cache.</exception>
    public NamespaceServices(IServiceProvider process, string name)
    {
        _process = process.GetService<TagCache>() is null ? throw new InvalidOperationException(CacheRequired.Text) : process;
        _own.Add(typeof(TagCacheClientOptions), process.GetRequiredService<INamespaceOptions>().Of(name));
        _own.Add(typeof(IEnumerable<LoaderRegistration>), process.GetKeyedServices<LoaderRegistration>(name));
        foreach (var type in TagCacheServices.PerNamespace)
        {
            GetService(type);
        }
    }

    public object? GetService(Type serviceType)
    {
        if (_own.TryGetValue(serviceType, out var own))
        {
            return own;
        }

        if (!TagCacheServices.PerNamespace.Contains(serviceType))
        {
            return _process.GetService(serviceType);
        }

        own = ActivatorUtilities.CreateInstance(this, serviceType);
        _own.Add(serviceType, own);
        return own;
    }

    public void Dispose()
    {
        foreach (var disposable in _own.Values.OfType<IDisposable>())
        {
            disposable.Dispose();
        }
    }
}
