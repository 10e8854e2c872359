using System.Collections.Frozen;
using OrleansTagCache.Flights;
using OrleansTagCache.Names;
using OrleansTagCache.Serialization;

namespace OrleansTagCache.Loaders;

/// <summary>The loaders that this process offers, and the way to those of others.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LoaderTable
{
    private readonly FrozenDictionary<string, LoaderRegistration> _loaders;
    private readonly IServiceProvider _services;
    private readonly EntryMaker _maker;
    private readonly RemoteLoads _others;
    private readonly TimeSpan _timeout;
    private readonly bool _allKeepNear;

    /// <exception cref="ArgumentException">What is said of a loader's entries breaks a limit.</exception>
    public LoaderTable(
        IEnumerable<LoaderRegistration> loaders, IServiceProvider services, EntryMaker maker, PayloadCodec codec, RemoteLoads others, TagCacheClientOptions options)
    {
        (_services, _maker, Codec, _others, _timeout) = (services, maker, codec, others, options.LoadTimeout);
        Namespace = CacheNamespace.Parse(options.Namespace, nameof(options));
        _loaders = loaders.ToFrozenDictionary(loader => loader.Name.Value, StringComparer.Ordinal);
        foreach (var loader in _loaders.Values)
        {
            maker.Check(loader.Options, loader.Options?.Tags);
        }

        _allKeepNear = _loaders.Values.All(loader => loader.Options is not { NearCache: NearCacheMode.Off });
    }

    /// <summary>What encodes the entries that they make.</summary>
    public PayloadCodec Codec { get; }

    /// <summary>The namespace of the entries that they make.</summary>
    public CacheNamespace Namespace { get; }

    public IEnumerable<LoaderName> Names => _loaders.Values.Select(loader => loader.Name);

    /// <summary>Whether what it makes may be kept near.</summary>
    public bool KeepsNear(string name) => _allKeepNear || _loaders.GetValueOrDefault(name)?.Options is not { NearCache: NearCacheMode.Off };

    public bool Has(LoaderName name) => _loaders.ContainsKey(name.Value);

    /// <summary>How one of this process's loaders makes its entry.</summary>
    public IEntryFactory FactoryOf(LoaderName name, string argument) => _loaders[name.Value].FactoryOf(_services, _maker, argument);

    /// <summary>How the entry is made for a reader: here if this process offers the loader, else in a process that does.</summary>
    /// <exception cref="InvalidOperationException">This process offers the loader with another type of value.</exception>
    public EntryFactory<T> FactoryOf<T>(CacheNamespace ns, LoaderName name, string argument)
    {
        if (!_loaders.TryGetValue(name.Value, out var loader))
        {
            var key = name.KeyOf(argument);
            var scopedKey = ns.Scope(key);
            return new RemoteFactory<T>(async (stale, token) =>
            {
                var loaded = await _others.Load(ns.Scope(name.Value), new(ns.Value, key, Codec.Encode(scopedKey, stale), _timeout), token).ConfigureAwait(false);
                return loaded with { Entry = Codec.Decode(scopedKey, loaded.Entry!) };
            });
        }

        return loader is LoaderRegistration<T> typed
            ? typed.FactoryOf(_services, _maker, argument)
            : throw new InvalidOperationException($"The loader was added with values of type {loader.GetType().GenericTypeArguments[0]}; this call asks for {typeof(T)}.");
    }
}
