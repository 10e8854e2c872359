using Microsoft.Extensions.Caching.Hybrid;

namespace OrleansTagCache;

/// <summary>The options of the <see cref="HybridCache"/> over the cache.</summary>
public sealed class TagCacheHybridOptions
{
    /// <summary>The options of a call that gives none. Default: an <see cref="HybridCacheEntryOptions.Expiration"/> of 5 minutes, as Microsoft's implementation has.</summary>
    public HybridCacheEntryOptions DefaultEntryOptions { get; set; } = new();
}
