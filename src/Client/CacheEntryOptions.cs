namespace OrleansTagCache;

/// <summary>What is known of an entry before it is made. Immutable; share one instance between calls.</summary>
public sealed class CacheEntryOptions
{
    /// <summary>Its life. Default: the cache's default life.</summary>
    public CacheLife? Life { get; init; }

    /// <summary>Its tags, at most 128 here; <c>*</c> cannot be one. Default: none.</summary>
    public IReadOnlyCollection<string>? Tags { get; init; }
}
