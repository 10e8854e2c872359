using OrleansTagCache.Flights;
using OrleansTagCache.Names;
using OrleansTagCache.Near;

namespace OrleansTagCache.Many;

/// <summary>Entries of which one factory makes all that are missing.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ManyEntries(TagCacheClientOptions options, EntryMaker maker, NearCache near, EntryLookup lookup)
{
    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));

    /// <summary>The entries: what is fresh on the silos in few messages; the others are read one by one, at once, and made together.</summary>
    /// <param name="keys">Checked keys, each once.</param>
    /// <param name="factory">Makes what is missing.</param>
    /// <param name="optionsOf">What is said of each entry.</param>
    /// <param name="read">Reads one entry as if it were read alone, with its part of the factory.</param>
    /// <param name="cancellationToken">Cancels the caller.</param>
    public async ValueTask<Dictionary<string, T>> GetOrCreate<T>(
        string[] keys,
        Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory,
        Func<string, CacheEntryOptions?>? optionsOf,
        Func<string, GatheredKey<T>, CacheEntryOptions?, ValueTask<T>> read,
        CancellationToken cancellationToken)
    {
        var outer = CacheContext.Current;
        var said = keys.ToDictionary(key => key, key => optionsOf?.Invoke(key), StringComparer.Ordinal);
        foreach (var one in said.Values)
        {
            maker.Check(one, one?.Tags);
            outer?.DependsOn(_namespace, one?.Tags);
        }

        var cold = keys.Where(key => said[key] is not { NearCache: NearCacheMode.Off } && near.Find(key, freshOnly: outer is not null).Entry is null).ToList();

        // One alone would only be asked for twice, if it is missing.
        var results = cold.Count > 1 ? await lookup.FindFresh<T>(cold, cancellationToken).ConfigureAwait(false) : new(StringComparer.Ordinal);
        var rest = Array.FindAll(keys, key => !results.ContainsKey(key));
        var gathering = new FactoryGathering<T>(factory, rest.Length);
        foreach (var (key, isThere, value) in await Task.WhenAll(rest.Select(ReadOne)).ConfigureAwait(false))
        {
            if (isThere)
            {
                results.Add(key, value);
            }
        }

        return results;

        async Task<(string Key, bool IsThere, T Value)> ReadOne(string key)
        {
            var gathered = new GatheredKey<T>(gathering, key);
            try
            {
                var value = await read(key, gathered, said[key]).ConfigureAwait(false);
                return (key, !gathered.IsAbsent, value);
            }
            finally
            {
                gathering.Ended(key);
            }
        }
    }
}

/// <summary>One key of a factory of several, as the factory of its entry alone.</summary>
internal sealed class GatheredKey<T>(FactoryGathering<T> gathering, string key) : IWaitingFactory
{
    /// <inheritdoc/>
    public Func<bool> Waiting { get; } = () => gathering.Decided(key);

    /// <summary>Whether the factory was asked for it, and gave no value.</summary>
    public bool IsAbsent { get; private set; }

    /// <inheritdoc cref="FactoryGathering{T}.Make"/>
    public async ValueTask<T> Make(CacheContext context, CancellationToken cancellationToken)
    {
        var value = await gathering.Make(context, cancellationToken).ConfigureAwait(false);
        IsAbsent = context.IsAbsent;
        return value;
    }
}
