using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Contracts;
using OrleansTagCache.Flights;
using OrleansTagCache.Names;
using OrleansTagCache.Near;

namespace OrleansTagCache.Many;

/// <summary>Reads of many entries in one call: what is near at once, the rest in one message a silo; and what is missing, by one factory.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ManyEntries(TagCacheClientOptions options, EntryMaker maker, NearCache near, EntryReader reader)
{
    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));

    /// <summary>Checks the keys of a call before anything happens.</summary>
    /// <returns>Each key once.</returns>
    /// <exception cref="ArgumentException">There are too many keys, or one breaks a limit.</exception>
    public string[] Check(IReadOnlyCollection<string> keys, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(keys, parameterName);
        var distinct = new HashSet<string>(keys.Count, StringComparer.Ordinal);
        foreach (var key in keys)
        {
            distinct.Add(CacheKey.Parse(key, options.MaximumKeyLength).Value);
        }

        return distinct.Count > NameLimits.KeysPerCall
            ? throw new ArgumentException($"A call may name at most {NameLimits.KeysPerCall} keys; this one names {distinct.Count}.", parameterName)
            : [.. distinct];
    }

    /// <summary>The entries that there are.</summary>
    /// <param name="keys">Checked keys, each once.</param>
    /// <param name="lookBehind">Is told of each stale entry near whose turn it is to look for a newer one.</param>
    /// <param name="cancellationToken">Cancels the caller.</param>
    public async ValueTask<Dictionary<string, CacheResult<T>>> Get<T>(string[] keys, Action<string> lookBehind, CancellationToken cancellationToken)
    {
        var outer = CacheContext.Current;
        var results = new Dictionary<string, CacheResult<T>>(keys.Length, StringComparer.Ordinal);
        var cold = new List<string>();
        foreach (var key in keys)
        {
            var hit = near.Find(key, freshOnly: outer is not null);
            if (hit.Entry is null || !hit.Entry.TryGetValue<T>(maker.Serializer, out var value))
            {
                cold.Add(key);
                continue;
            }

            reader.FoundNear(hit, outer);
            if (hit.IsStale && hit.Entry.TryClaimLook(hit.At))
            {
                lookBehind(key);
            }

            results.Add(key, new(value, hit.IsStale, hit.Entry.AgeAt(hit.At), hit.Entry.Life, ForeignTag.Without(hit.Entry.Tags)));
        }

        if (cold.Count > 0)
        {
            var (asked, answers) = await Ask(cold, outer, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < asked.Length; i++)
            {
                reader.Count(answers[i]);
                if (TryRead<T>(answers[i], outer, out var value))
                {
                    results.Add(asked[i], new(value, answers[i]!.Status == AcquireStatus.Stale, answers[i]!.Entry!));
                }
                else
                {
                    outer?.DependsOn(_namespace, tags: null);
                }
            }
        }

        return results;
    }

    /// <summary>The entries; those that are missing or stale are read one by one, at once, and made together.</summary>
    /// <param name="keys">Checked keys, each once.</param>
    /// <param name="factory">Makes what is missing.</param>
    /// <param name="optionsOf">What is said of each entry.</param>
    /// <param name="read">Reads one entry as if it were read alone, with that factory.</param>
    /// <param name="cancellationToken">Cancels the caller.</param>
    public async ValueTask<Dictionary<string, T>> GetOrCreate<T>(
        string[] keys,
        Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory,
        Func<string, CacheEntryOptions?>? optionsOf,
        ReadOne<T> read,
        CancellationToken cancellationToken)
    {
        var outer = CacheContext.Current;
        var said = Array.ConvertAll(keys, key => optionsOf?.Invoke(key));
        foreach (var one in said)
        {
            maker.Check(one, one?.Tags);
            outer?.DependsOn(_namespace, one?.Tags);
        }

        var results = new Dictionary<string, T>(keys.Length, StringComparer.Ordinal);
        var cold = keys.Where((key, i) => said[i] is not { NearCache: NearCacheMode.Off } && near.Find(key, freshOnly: outer is not null).Entry is null).ToList();
        if (cold.Count > 1)
        {
            var (asked, answers) = await Ask(cold, outer, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < asked.Length; i++)
            {
                if (answers[i] is { Status: AcquireStatus.Fresh } fresh && TryRead<T>(fresh, outer, out var value))
                {
                    reader.Count(fresh);
                    results.Add(asked[i], value);
                }
            }
        }

        var rest = Enumerable.Range(0, keys.Length).Where(i => !results.ContainsKey(keys[i])).ToArray();
        var gathering = new FactoryGathering<T>(factory, rest.Length);
        var reads = Array.ConvertAll(rest, i => ReadOne(keys[i], said[i]));
        foreach (var (i, (isThere, value)) in rest.Zip(await Task.WhenAll(reads).ConfigureAwait(false)))
        {
            if (isThere)
            {
                results.Add(keys[i], value);
            }
        }

        return results;

        async Task<(bool IsThere, T Value)> ReadOne(string key, CacheEntryOptions? about)
        {
            var made = new LocalFactory<FactoryGathering<T>, T>(
                maker, key, gathering, static (gathering, context, token) => new(gathering.Make(context, token)), about, FactoryKind.OfItsCaller, () => gathering.Decided(key));
            try
            {
                var value = await read(key, made, about is not { NearCache: NearCacheMode.Off }, cancellationToken).ConfigureAwait(false);
                return (!made.IsAbsent, value);
            }
            finally
            {
                gathering.Ended(key);
            }
        }
    }

    private async ValueTask<(string[] Keys, Acquired?[] Answers)> Ask(List<string> cold, CacheContext? outer, CancellationToken cancellationToken)
    {
        string[] keys = [.. cold];
        return (keys, await reader.ReadMany(keys, Array.ConvertAll(keys, _namespace.Scope), freshOnly: outer is not null, mayKeep: true, mostBytes: long.MaxValue, cancellationToken).ConfigureAwait(false));
    }

    private bool TryRead<T>(Acquired? answer, CacheContext? outer, [MaybeNullWhen(false)] out T value)
    {
        if (answer?.Entry is not { } entry || !maker.Serializer.TryDeserialize(entry.Payload, out value))
        {
            value = default;
            return false;
        }

        outer?.MadeFrom(_namespace, entry.Tags, entry.Life, entry.Age, entry.PromiseSuspended);
        return true;
    }
}

/// <summary>Reads one entry, or has the factory make it.</summary>
internal delegate ValueTask<T> ReadOne<T>(string key, EntryFactory<T> factory, bool mayKeep, CancellationToken cancellationToken);
