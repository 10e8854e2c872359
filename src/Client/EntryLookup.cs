using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Contracts;
using OrleansTagCache.Flights;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Tasks;

namespace OrleansTagCache;

/// <summary>Reads that make nothing: one entry, or many in few messages.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EntryLookup(TagCacheClientOptions options, EntryMaker maker, NearCache near, EntryReader reader, BackgroundRefreshes refreshes)
{
    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));

    /// <summary>The entry if there is one. The key is checked when it is not near.</summary>
    public ValueTask<CacheResult<T>> Find<T>(string key, CancellationToken cancellationToken)
    {
        var outer = CacheContext.Current;
        return TryFindNear<T>(key, outer, out var near) ? new(near) : FindFar<T>(key, outer, cancellationToken);
    }

    /// <summary>The entries that there are, by checked keys of which each is named once.</summary>
    public async ValueTask<Dictionary<string, CacheResult<T>>> FindMany<T>(string[] keys, CancellationToken cancellationToken)
    {
        var outer = CacheContext.Current;
        var results = new Dictionary<string, CacheResult<T>>(keys.Length, StringComparer.Ordinal);
        var cold = new List<string>();
        foreach (var key in keys)
        {
            if (TryFindNear<T>(key, outer, out var near))
            {
                results.Add(key, near);
            }
            else
            {
                cold.Add(key);
            }
        }

        foreach (var (key, answer) in await Ask(cold, outer, cancellationToken).ConfigureAwait(false))
        {
            reader.Count(_namespace, key, answer);
            if (ResultOf<T>(answer, outer) is { HasValue: true } found)
            {
                results.Add(key, found);
            }
        }

        return results;
    }

    /// <summary>The fresh ones among entries that are not near: those that are left out are to be read as any other, and count then.</summary>
    public async ValueTask<Dictionary<string, T>> FindFresh<T>(List<string> cold, CancellationToken cancellationToken)
    {
        var outer = CacheContext.Current;
        var values = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, answer) in await Ask(cold, outer, cancellationToken).ConfigureAwait(false))
        {
            if (answer is { Status: AcquireStatus.Fresh } && TryRead<T>(answer, outer, out var value))
            {
                reader.Count(_namespace, key, answer);
                values.Add(key, value);
            }
        }

        return values;
    }

    private bool TryFindNear<T>(string key, CacheContext? outer, out CacheResult<T> result)
    {
        var hit = near.Find(key, freshOnly: outer is not null);
        if (hit.Entry is null || !hit.Entry.TryGetValue<T>(maker.Serializer, out var value))
        {
            result = default;
            return false;
        }

        reader.FoundNear(hit, outer);
        if (!hit.IsQuiet && hit.Entry.TryClaimLook(hit.At))
        {
            BeginToLookBehind(key);
        }

        result = new(value, hit.IsStale, hit.Entry.AgeAt(hit.At), hit.Entry.Life, ForeignTag.Without(hit.Entry.Tags));
        return true;
    }

    private async ValueTask<CacheResult<T>> FindFar<T>(string key, CacheContext? outer, CancellationToken cancellationToken)
    {
        var checkedKey = CacheKey.Parse(key, options.MaximumKeyLength).Value;
        var (answer, _) = await reader.Read(checkedKey, _namespace.Scope(checkedKey), new(MayGenerate: false, FreshOnly: outer is not null, MayKeep: true), cancellationToken)
            .AsTask().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return ResultOf<T>(answer, outer);
    }

    private async ValueTask<IEnumerable<(string Key, Acquired? Answer)>> Ask(List<string> cold, CacheContext? outer, CancellationToken cancellationToken)
    {
        if (cold.Count == 0)
        {
            return [];
        }

        string[] keys = [.. cold];
        var answers = await reader.ReadMany(keys, Array.ConvertAll(keys, _namespace.Scope), freshOnly: outer is not null, mayKeep: true, mostBytes: long.MaxValue, cancellationToken).ConfigureAwait(false);
        return keys.Zip(answers);
    }

    private CacheResult<T> ResultOf<T>(Acquired? answer, CacheContext? outer)
    {
        if (TryRead<T>(answer, outer, out var value))
        {
            return new(value, answer!.Status == AcquireStatus.Stale, answer.Entry!);
        }

        outer?.DependsOn(_namespace, tags: null);
        return default;
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

    /// <summary>In a method of its own: a hit must not pay for what this captures.</summary>
    public void BeginToLookBehind(string key) => _ = DetachedTask.Run(() => LookBehind(key));

    /// <summary>A reader that makes nothing has got a stale value: a newer one that is there is kept for the next.</summary>
    private async Task LookBehind(string key)
    {
        try
        {
            await reader.Read(key, _namespace.Scope(key), new(MayGenerate: false, FreshOnly: false, MayKeep: true) { IsCounted = false }, refreshes.Stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
