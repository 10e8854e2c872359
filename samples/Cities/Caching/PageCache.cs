namespace OrleansTagCache.Samples.Cities.Caching;

/// <summary>Reads a page's model through the cache and finds out, for the badge, where it came from.</summary>
/// <remarks>An application that shows no badge needs <see cref="ITagCache"/> alone.</remarks>
internal sealed class PageCache(ITagCache cache, TimeProvider time)
{
    /// <param name="key">The key of the page.</param>
    /// <param name="tags">The tags that are known beforehand.</param>
    /// <param name="make">Makes the model, and may add tags; null if there is no such thing.</param>
    /// <param name="cancellationToken">Cancels this reader.</param>
    public async Task<Served<T>> Get<T>(string key, string[] tags, Func<CacheContext, T?> make, CancellationToken cancellationToken)
        where T : class
    {
        var options = new CacheEntryOptions { Life = CacheLife.Days, Tags = tags };
        Page<T>? made = null;
        var started = time.GetTimestamp();
        var page = await cache.GetOrCreateAsync(key, Make, options, cancellationToken);
        var took = time.GetElapsedTime(started);
        var entry = await cache.TryGetAsync<Page<T>>(key, cancellationToken);

        // A stale page is served at once, while the factory that was given with it runs behind: that it ran does not say that its page is
        // this one. Its identity does.
        var isCurrent = entry.TryGetValue(out var current) && current.Id == page.Id;
        var from = (page.Id == Volatile.Read(ref made)?.Id, entry.HasValue) switch
        {
            (_, false) => ServedFrom.NotCached,
            (true, true) => ServedFrom.Generated,
            (false, true) => isCurrent && !entry.IsStale ? ServedFrom.Hit : ServedFrom.Stale,
        };
        return new(page.Model, from, isCurrent ? entry.Age : null, entry.Tags ?? [], took);

        ValueTask<Page<T>> Make(CacheContext context, CancellationToken _)
        {
            var model = make(context);
            if (model is null)
            {
                // A missing page is remembered too, but not for long: any address can be asked for.
                context.Life(CacheLife.Seconds);
            }

            var page = new Page<T>(Guid.NewGuid(), model);
            Volatile.Write(ref made, page);
            return ValueTask.FromResult(page);
        }
    }

    /// <summary>A model with an identity, so that a reader can tell whether the cache still has the one it was given.</summary>
    private sealed record Page<T>(Guid Id, T? Model)
        where T : class;
}
