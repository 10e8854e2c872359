namespace OrleansTagCache;

/// <summary>Something that a cache of this process has done.</summary>
/// <remarks>Immutable, and shared by all listeners.</remarks>
public sealed class TagCacheEvent
{
    /// <summary>What has happened: one kind.</summary>
    public required TagCacheEventKinds Kind { get; init; }

    /// <summary>The namespace of the key or the tags.</summary>
    public required string Namespace { get; init; }

    /// <summary>The key; null for <see cref="TagCacheEventKinds.Updated"/> and <see cref="TagCacheEventKinds.Revalidated"/>.</summary>
    public string? Key { get; init; }

    /// <summary>The tags of <see cref="TagCacheEventKinds.Updated"/> and <see cref="TagCacheEventKinds.Revalidated"/>; empty for others.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Of <see cref="TagCacheEventKinds.Updated"/>: whether entries expired that bear any of the tags, or those that bear all of them.</summary>
    public TagMatch Match { get; init; }

    /// <summary>How it ended, in the words of the metrics, such as <c>near_stale</c> or <c>superseded</c>; see <see cref="TagCacheEventKinds"/>. Null where there is only one end.</summary>
    public string? Outcome { get; init; }

    /// <summary>Whether a value was served that is past its <see cref="CacheLife.Revalidate"/>, or whose tags were revalidated.</summary>
    public bool IsStale { get; init; }

    /// <summary>How long it took, by the clock of the cache; null where it is not measured: for reads, commits, refreshes and evictions.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>What was thrown, if that was the end.</summary>
    public Exception? Exception { get; init; }
}
