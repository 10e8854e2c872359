namespace OrleansTagCache;

/// <summary>What is known of an entry before it is made. Immutable; share one instance between calls.</summary>
public sealed class CacheEntryOptions
{
    /// <summary>Its life. Default: the cache's default life.</summary>
    public CacheLife? Life { get; init; }

    /// <summary>Whether this call may be served from, and may fill, the near cache of its process. Default <see cref="NearCacheMode.On"/>.</summary>
    /// <remarks>It cannot switch on what the options of the process have switched off.</remarks>
    public NearCacheMode NearCache { get; init; }

    /// <summary>Its tags, at most 128 here; <c>*</c> cannot be one. Default: none.</summary>
    public IReadOnlyCollection<string>? Tags { get; init; }
}
