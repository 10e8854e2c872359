using Microsoft.Extensions.Caching.Hybrid;

namespace OrleansTagCache;

/// <summary>The options of the <see cref="HybridCache"/> over the cache.</summary>
public sealed class TagCacheHybridOptions
{
    /// <summary>The options of a call that gives none. Default: an <see cref="HybridCacheEntryOptions.Expiration"/> of 5 minutes, as Microsoft's implementation has.</summary>
    public HybridCacheEntryOptions DefaultEntryOptions { get; set; } = new();

    /// <summary><see cref="CacheEntryOptions.Sliding"/> of all entries, up to their expiration, since calls of <see cref="HybridCache"/> have no such option. Zero or more; default zero: never.</summary>
    public TimeSpan Sliding { get; set; }

    /// <summary><see cref="CacheEntryOptions.StoreNull"/> of all entries. Default true.</summary>
    public bool StoreNull { get; set; } = true;
}
