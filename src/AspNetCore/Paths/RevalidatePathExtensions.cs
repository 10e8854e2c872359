using OrleansTagCache.Paths;

namespace OrleansTagCache;

/// <summary>Expires cached responses by where they were asked for.</summary>
public static class RevalidatePathExtensions
{
    /// <summary>Expires the cached responses of one path, with every query. When it has returned, no process serves one that was made before the call.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="path">The path as it is asked for, as <c>/blog/a</c>, with the base path if there is one; case and a slash at its end do not matter.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <exception cref="ArgumentException">The path does not begin with a slash.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached.</exception>
    public static ValueTask RevalidatePathAsync(this ITagCache cache, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(path);
        return cache.RevalidateTagAsync(PathTags.Path(path), cancellationToken);
    }

    /// <summary>Expires the cached responses of a route, or of all routes at and below a beginning of patterns.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="path">A pattern as the route has it, as <c>/blog/{slug}</c>; constraints, defaults, case and a slash at its end do not matter.</param>
    /// <param name="kind">Whether it is a whole pattern or a beginning.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <exception cref="ArgumentException">The path does not begin with a slash, or is no pattern.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached.</exception>
    public static ValueTask RevalidatePathAsync(this ITagCache cache, string path, PathKind kind, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(path);
        return cache.RevalidateTagAsync(PathTags.Pattern(path, kind), cancellationToken);
    }
}
