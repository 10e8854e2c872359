using System.Collections.Frozen;
using OrleansTagCache.Cluster;
using OrleansTagCache.Flights;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;

namespace OrleansTagCache.Loaders;

/// <summary>The loaders that this process offers, and the way to those of others.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LoaderTable(
    IEnumerable<LoaderRegistration> loaders, IServiceProvider services, EntryMaker maker, ClusterCalls calls, TagCacheClientOptions options)
{
    private readonly FrozenDictionary<string, LoaderRegistration> _loaders =
        loaders.ToFrozenDictionary(loader => loader.Name.Value, StringComparer.Ordinal);

    public IEnumerable<LoaderName> Names => _loaders.Values.Select(loader => loader.Name);

    public bool Has(LoaderName name) => _loaders.ContainsKey(name.Value);

    /// <summary>How one of this process's loaders makes its entry.</summary>
    public IGeneration Generation(LoaderName name, string argument) => _loaders[name.Value].Generation(services, maker, argument);

    /// <summary>How the entry is made for a reader: here if this process offers the loader, else in a process that does.</summary>
    /// <exception cref="InvalidOperationException">This process offers the loader with another type of value.</exception>
    public Generation<T> Generation<T>(CacheNamespace ns, LoaderName name, string argument)
    {
        if (!_loaders.TryGetValue(name.Value, out var loader))
        {
            return new RemoteGeneration<T>((stale, token) =>
                calls.Load(ns.Scope(name.Value), new(ns.Value, name.KeyOf(argument), stale, options.LoadTimeout), token));
        }

        return loader is LoaderRegistration<T> typed
            ? typed.Generation(services, maker, argument)
            : throw new InvalidOperationException($"The loader was added with values of type {loader.GetType().GenericTypeArguments[0]}; this call asks for {typeof(T)}.");
    }
}
