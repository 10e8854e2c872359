namespace OrleansTagCache;

/// <summary>
/// Makes a partial method a cached one: its implementation is generated, and calls <see cref="ITagCache.GetOrCreateAsync{TState, T}"/> with a key that is made of the method and its arguments. On a miss it runs its
/// body: the method beside it with the same name and <c>Core</c> (<c>FindCoreAsync</c> for <c>FindAsync</c>).
/// </summary>
/// <remarks>
/// <para>The method returns <see cref="Task{TResult}"/> or <see cref="ValueTask{TResult}"/>. A <see cref="CancellationToken"/> and an <see cref="ITagCache"/> among its parameters, and those with <see cref="NotInKeyAttribute"/>,
/// are not part of the key; every other one is. What the body reads from its object is not part of the key either.</para>
/// <para>The body takes the parameters of the method by name, and may take a <see cref="CacheContext"/> for tags and lives that only it knows. It runs in its caller's scope; a static body that takes an
/// <see cref="IServiceProvider"/> runs in a scope of its own, and may run in the background.</para>
/// <para>Wrong use is a build error, <c>OTC0001</c> to <c>OTC0017</c>.</para>
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class CachedAttribute : Attribute
{
    /// <summary>
    /// Tags, at most 128, each a text that may name parameters of the key in braces: <c>"product-{id}"</c>, <c>"country-{query.Country}"</c>, <c>"day-{date:yyyy-MM-dd}"</c>. Values are formatted as an interpolated string formats them in the invariant
    /// culture; null is empty. Default: none.
    /// </summary>
    public string[]? Tags { get; init; }

    /// <summary>The name of a life profile, in any case: <c>"hours"</c>, or one in the options of the cache. Default: the cache's default life.</summary>
    public string? Life { get; init; }

    /// <summary>The first part of the key, unique in the namespace: 1 to 256 UTF-16 units without <c>:</c>, <c>#</c> and control characters. Default: the method with its namespace, type and the types of its parameters.</summary>
    public string? Key { get; init; }

    /// <summary>Part of the key, if it is not zero: increase it when the same arguments make another value than before. Zero or more; default zero.</summary>
    public int Version { get; init; }

    /// <summary>The name of the field, property or parameter that holds the cache, for types that have several: <c>nameof(_cache)</c>. Default: the only one.</summary>
    public string? Cache { get; init; }

    /// <summary>The name of the body. Default: the method's with <c>Core</c> at its end, before <c>Async</c>.</summary>
    public string? Body { get; init; }

    /// <summary><see cref="CacheEntryOptions.AllowBackgroundRefresh"/>. Default false.</summary>
    public bool AllowBackgroundRefresh { get; init; }

    /// <summary><see cref="CacheEntryOptions.StoreNull"/>. Default true.</summary>
    public bool StoreNull { get; init; } = true;

    /// <summary><see cref="CacheEntryOptions.NearCache"/>. Default <see cref="NearCacheMode.On"/>.</summary>
    public NearCacheMode NearCache { get; init; }

    /// <summary><see cref="CacheEntryOptions.FailSafe"/> in seconds. Zero or more; default zero: never.</summary>
    public double FailSafeSeconds { get; init; }

    /// <summary><see cref="CacheEntryOptions.Jitter"/> in seconds. Zero or more; default zero.</summary>
    public double JitterSeconds { get; init; }

    /// <summary><see cref="CacheEntryOptions.Sliding"/> in seconds. Zero or more; default zero: never.</summary>
    public double SlidingSeconds { get; init; }

    /// <summary><see cref="CacheEntryOptions.EagerRefresh"/>: 0.5 to 0.95; default zero: never.</summary>
    public double EagerRefresh { get; init; }

    /// <summary><see cref="CacheEntryOptions.FactorySoftTimeout"/> in seconds. Up to a day; default zero: no limit.</summary>
    public double FactorySoftTimeoutSeconds { get; init; }

    /// <summary><see cref="CacheEntryOptions.FactoryHardTimeout"/> in seconds. Up to a day; default zero: no limit.</summary>
    public double FactoryHardTimeoutSeconds { get; init; }
}
