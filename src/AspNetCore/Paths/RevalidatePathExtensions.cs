using OrleansTagCache.Paths;

namespace OrleansTagCache;

/// <summary>Expires cached responses by their addresses.</summary>
public static class RevalidatePathExtensions
{
    private static readonly CacheLife Immediately = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Expires the cached responses of one path, with every query. When the call has returned, no process serves a response from before it.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="path">
    /// The path as it is asked for, as <c>/blog/a</c>, or any other form of the page's address: with or without the base path (or with <c>~/</c> for it), percent-encoded
    /// or not, with scheme and host, with a query or a fragment, which are left out; case, slashes at its end or in a row, and dot segments do not matter. Where a text
    /// may be the form of two addresses, both are expired.
    /// </param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <returns>A task that completes when no process serves a response from before the call.</returns>
    /// <exception cref="ArgumentException">The text is not such an address, has braces like a pattern, or has a dot segment behind an encoded slash.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached.</exception>
    public static ValueTask RevalidatePathAsync(this ITagCache cache, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(path);
        return PathTags.Path(path) is [var tag] ? cache.RevalidateTagAsync(tag, cancellationToken) : cache.RevalidateTagsAsync(PathTags.Path(path), Immediately, cancellationToken);
    }

    /// <summary>Expires the cached responses of a route, or of all routes whose patterns begin with a path.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="path">
    /// A pattern as the route has it, as <c>/blog/{slug}</c>, without the base path; constraints, defaults, case and a slash at its end do not matter. A conventional
    /// route may also be named with the area, controller and action that it leads to, as <c>/admin/{controller}</c> or <c>/admin/users/list/{id}</c>.
    /// </param>
    /// <param name="kind">Whether it is a whole pattern or a beginning.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <returns>A task that completes when no process serves a response from before the call.</returns>
    /// <exception cref="ArgumentException">The path does not begin with a slash, is not a pattern, or has parameters or tokens in brackets.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached.</exception>
    public static ValueTask RevalidatePathAsync(this ITagCache cache, string path, PathKind kind, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(path);
        return cache.RevalidateTagAsync(PathTags.Pattern(path, kind), cancellationToken);
    }
}
