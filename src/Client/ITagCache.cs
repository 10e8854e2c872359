namespace OrleansTagCache;

/// <summary>
/// A cache whose entries bear tags, shared by every process of the cluster. Updating a tag is strict: when the call has returned, no read
/// that starts afterwards, in any process, returns a value whose generation began before the call.
/// </summary>
/// <remarks>
/// One per namespace, thread-safe. Keys have 1 to 1,024 UTF-16 units, tags 1 to 256; both are case-sensitive, compared by ordinal, and must
/// not contain control characters or lone surrogates. What breaks a limit is an <see cref="ArgumentException"/> that names the limit, before
/// anything has happened.
/// </remarks>
public interface ITagCache
{
    /// <summary>
    /// Returns the entry, or generates it: one caller in the whole cluster runs its factory, the others wait for the value. A stale entry is
    /// returned at once to all callers but one, whose factory makes the newer value; if that fails, this caller gets the stale one too.
    /// </summary>
    /// <param name="key">The key, unique within the namespace.</param>
    /// <param name="factory">
    /// Makes the value. It runs while its caller waits and is cancelled with it, so it may use whatever its caller may; others who waited run theirs. It must not
    /// update or revalidate tags. A factory that may run in the background is one that is given its services, or that
    /// <see cref="CacheEntryOptions.AllowBackgroundRefresh"/> speaks for.
    /// </param>
    /// <param name="options">Tags and life that are known beforehand; the factory may add to both through its <see cref="CacheContext"/>.</param>
    /// <param name="cancellationToken">Cancels this caller; the others are not cancelled with it.</param>
    /// <returns>The value; null is a value too.</returns>
    /// <exception cref="ArgumentException">The key, a tag or the life breaks a limit.</exception>
    /// <exception cref="InvalidOperationException">The factory of this key called for its own key.</exception>
    /// <remarks>
    /// Whatever the factory throws comes through. If the cluster cannot be reached the factory runs and nothing is stored. A value that is
    /// too large, that its serializer does not give back as it was, or that a tag's update has overtaken, is returned to its own caller and not stored. Any other value is given to all as its
    /// serializer reads it, to its own caller too. An entry that was made as another type, or that cannot be read, is made anew and stored over.
    /// </remarks>
    ValueTask<T> GetOrCreateAsync<T>(
        string key,
        Func<CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)"/>, with services of a scope
    /// that is opened for each run of the factory and disposed when it has ended. So the factory may also run in the background: no reader waits for a stale
    /// entry's refresh.
    /// </summary>
    /// <inheritdoc cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="key">The key, unique within the namespace.</param>
    /// <param name="factory">Makes the value of these services: not of the caller's, nor of its ambient values, such as an <c>HttpContext</c> or the current activity, which it does not see.</param>
    /// <param name="options">Tags and life that are known beforehand.</param>
    /// <param name="cancellationToken">Cancels this caller; the others are not cancelled with it.</param>
    ValueTask<T> GetOrCreateAsync<T>(
        string key,
        Func<IServiceProvider, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>As <see cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)"/>, with an argument for the factory instead of a closure.</summary>
    /// <inheritdoc cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="key">The key, unique within the namespace.</param>
    /// <param name="state">Given to the factory.</param>
    /// <param name="factory">Makes the value.</param>
    /// <param name="options">Tags and life that are known beforehand.</param>
    /// <param name="cancellationToken">Cancels this caller; the others are not cancelled with it.</param>
    ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the entry that a named loader makes of an argument, or has it made: here if this process offers the loader, else in one that does.
    /// The cluster may run the loader again without a reader, when one of the entry's tags was revalidated.
    /// </summary>
    /// <param name="loader">The loader's name, as given to <c>AddLoader</c>: 1 to 64 UTF-16 units, none of them a colon.</param>
    /// <param name="argument">What the loader is given; it may be empty. The entry's key is the name, a colon and this.</param>
    /// <param name="cancellationToken">Cancels this caller; the others are not cancelled with it.</param>
    /// <exception cref="ArgumentException">The name or the key breaks a limit.</exception>
    /// <exception cref="InvalidOperationException">This process offers the loader with another type of value.</exception>
    /// <exception cref="TagCacheException">There is no entry, and no process offers the loader, or it failed there.</exception>
    /// <remarks>Whatever the loader throws in this process comes through.</remarks>
    ValueTask<T> GetAsync<T>(string loader, string argument, CancellationToken cancellationToken = default);

    /// <summary>Returns the entry if it is there, fresh or stale, or past its life while its source is failing (<see cref="CacheEntryOptions.FailSafe"/>). Never generates and never waits for another's generation.</summary>
    /// <remarks>A cluster that cannot be reached is a miss. So is an entry that was made as another type, or that cannot be read as this one.</remarks>
    /// <exception cref="ArgumentException">The key breaks a limit.</exception>
    ValueTask<CacheResult<T>> TryGetAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a value. Strict: when it has returned, no process serves an earlier value of the key. The value counts as made when the call
    /// was made: a tag of it that is updated during the call expires it. So may one that was updated shortly before, when the cluster answers
    /// slowly: then the next read is a miss.
    /// </summary>
    /// <exception cref="ArgumentException">The key, a tag, the life or the size of the value breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; it may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; nothing is known to have happened.</exception>
    ValueTask SetAsync<T>(string key, T value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Removes an entry. Strict: when it has returned, no process serves an earlier value of the key. Removing what is not there is fine.</summary>
    /// <exception cref="ArgumentException">The key breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; it may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; nothing is known to have happened.</exception>
    ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Expires every dependent of the tag now. When it has returned, every reader in every process sees only values generated since the call.
    /// Only within a server action, as in Next.js: elsewhere use <see cref="RevalidateTagAsync(string, CacheLife, CancellationToken)"/>.
    /// </summary>
    /// <param name="tag">The tag; <c>*</c> for every entry of the namespace.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <exception cref="ServerActionRequiredException">Not within a server action; nothing has happened.</exception>
    /// <exception cref="InvalidOperationException">Within a factory; nothing has happened.</exception>
    /// <exception cref="ArgumentException">The tag breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; it may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; nothing is known to have happened.</exception>
    ValueTask UpdateTagAsync(string tag, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="UpdateTagAsync"/> for 1 to 128 tags: all of them in one update.</summary>
    /// <inheritdoc cref="UpdateTagAsync" path="/*[not(self::param)]"/>
    /// <param name="tags">The tags.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default);

    /// <summary>
    /// Marks every dependent of the tag stale: served while it is refreshed in the background, until the profile's
    /// <see cref="CacheLife.Expire"/> has passed since the call. An earlier deadline stays, and nothing revives what an update expired.
    /// </summary>
    /// <param name="tag">The tag; <c>*</c> for every entry of the namespace.</param>
    /// <param name="profile">Its <see cref="CacheLife.Expire"/> is used; zero is an update.</param>
    /// <param name="cancellationToken">Stops waiting; the revalidation goes on.</param>
    /// <exception cref="InvalidOperationException">Within a factory; nothing has happened.</exception>
    /// <exception cref="ArgumentException">The tag breaks a limit, or the profile is unknown.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; it may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; nothing is known to have happened.</exception>
    ValueTask RevalidateTagAsync(string tag, CacheLife profile, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="RevalidateTagAsync(string, CacheLife, CancellationToken)"/> for 1 to 128 tags: all of them in one.</summary>
    /// <inheritdoc cref="RevalidateTagAsync(string, CacheLife, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="tags">The tags.</param>
    /// <param name="profile">Its <see cref="CacheLife.Expire"/> is used; zero is an update.</param>
    /// <param name="cancellationToken">Stops waiting; the revalidation goes on.</param>
    ValueTask RevalidateTagsAsync(IReadOnlyCollection<string> tags, CacheLife profile, CancellationToken cancellationToken = default);

    /// <summary>The form without a profile, as Next.js keeps it: the same effect as an update, allowed anywhere but within a factory.</summary>
    /// <inheritdoc cref="RevalidateTagAsync(string, CacheLife, CancellationToken)"/>
    ValueTask RevalidateTagAsync(string tag, CancellationToken cancellationToken = default);
}
