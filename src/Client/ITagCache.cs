namespace OrleansTagCache;

/// <summary>
/// A cache whose entries carry tags, shared by every process of the cluster. Updating a tag is strict: once the call has returned, no read
/// that starts afterwards, in any process, returns a value whose generation began before the call.
/// </summary>
/// <remarks>
/// One per namespace, thread-safe. Keys have 1 to 1,024 UTF-16 units, tags 1 to 256; both are case-sensitive, compared by ordinal, and must
/// not contain control characters or lone surrogates. A call that breaks a limit throws an <see cref="ArgumentException"/> that names the limit, before
/// anything has happened.
/// </remarks>
public interface ITagCache
{
    /// <summary>
    /// Returns the entry, or generates it: one caller in the whole cluster runs its factory, and the others wait for the value. A stale entry is
    /// returned at once to all callers but one, whose factory makes the newer value; if that fails, this caller gets the stale value too.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="key">The key, unique within the namespace.</param>
    /// <param name="factory">
    /// Makes the value. It runs while its caller waits and is cancelled with its caller, so it may use whatever the caller may use. It must not
    /// update or revalidate tags. A factory may run in the background if it takes its services as an argument, or if
    /// <see cref="CacheEntryOptions.AllowBackgroundRefresh"/> permits it.
    /// </param>
    /// <param name="options">Tags and life that are known beforehand; the factory may add to both through its <see cref="CacheContext"/>.</param>
    /// <param name="cancellationToken">Cancels this caller; others that wait for the same value are not cancelled.</param>
    /// <returns>The value; null is a value too.</returns>
    /// <exception cref="ArgumentException">The key, a tag or the life breaks a limit.</exception>
    /// <exception cref="InvalidOperationException">The factory of this key asked for its own key.</exception>
    /// <remarks>
    /// An exception of the factory reaches the caller as it was thrown. If the cluster cannot be reached, the factory runs and nothing is stored. A value that is
    /// too large, that its serializer does not give back unchanged, or that the update of a tag has overtaken, is returned to its own caller and not stored. Every other value is returned as its
    /// serializer reads it, also to its own caller. An entry that was made as another type, or that cannot be read, is generated anew and replaced.
    /// </remarks>
    ValueTask<T> GetOrCreateAsync<T>(
        string key,
        Func<CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)"/>, with the services of a scope
    /// that is created for each run of the factory and disposed when the run has ended. So the factory may also run in the background, and no reader waits for the refresh of a stale
    /// entry.
    /// </summary>
    /// <inheritdoc cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="key">The key, unique within the namespace.</param>
    /// <param name="factory">Makes the value from these services. It sees neither the caller's services nor its ambient values, such as an <c>HttpContext</c> or the current activity.</param>
    /// <param name="options">Tags and life that are known beforehand.</param>
    /// <param name="cancellationToken">Cancels this caller; others that wait for the same value are not cancelled.</param>
    ValueTask<T> GetOrCreateAsync<T>(
        string key,
        Func<IServiceProvider, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>As <see cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)"/>, with an argument for the factory instead of a closure.</summary>
    /// <inheritdoc cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)" path="/*[not(self::param) and not(self::typeparam)]"/>
    /// <typeparam name="TState">The type of the argument.</typeparam>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="key">The key, unique within the namespace.</param>
    /// <param name="state">The argument.</param>
    /// <param name="factory">Makes the value.</param>
    /// <param name="options">Tags and life that are known beforehand.</param>
    /// <param name="cancellationToken">Cancels this caller; others that wait for the same value are not cancelled.</param>
    ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the entry that a named loader makes from an argument. If there is no such entry, the loader runs: in this process if it offers the loader, otherwise in one that does.
    /// The cluster may run the loader again without a reader, when one of the entry's tags was revalidated.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="loader">The loader's name, as given to <c>AddLoader</c>: 1 to 64 UTF-16 units without a colon.</param>
    /// <param name="argument">The loader's argument; it may be empty. The entry's key is the name, a colon and the argument.</param>
    /// <param name="cancellationToken">Cancels this caller; others that wait for the same value are not cancelled.</param>
    /// <returns>The value; null is a value too.</returns>
    /// <exception cref="ArgumentException">The name or the key breaks a limit.</exception>
    /// <exception cref="InvalidOperationException">This process offers the loader with another type of value.</exception>
    /// <exception cref="TagCacheException">There is no entry, and no process offers the loader, or it failed in the process that does.</exception>
    /// <remarks>An exception of a loader in this process reaches the caller as it was thrown.</remarks>
    ValueTask<T> GetAsync<T>(string loader, string argument, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the entry if there is one, fresh or stale, or past its life while its source is failing (<see cref="CacheEntryOptions.FailSafe"/>). Never generates, and never waits for another
    /// caller's generation.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels this caller.</param>
    /// <returns>The entry, or a miss.</returns>
    /// <remarks>If the cluster cannot be reached, the result is a miss; so is an entry that was made as another type, or that cannot be read as this one.</remarks>
    /// <exception cref="ArgumentException">The key breaks a limit.</exception>
    ValueTask<CacheResult<T>> TryGetAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns those of the entries that there are, as <see cref="TryGetAsync"/> does: what this process keeps near at once, and the rest in a few messages to each silo.
    /// </summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="keys">The keys: at most 512 (<see cref="NameLimits.KeysPerCall"/>). One that is named twice counts once.</param>
    /// <param name="cancellationToken">Cancels this caller.</param>
    /// <returns>The results by key. A key without an entry, and one that cannot be read as this type, is not among them.</returns>
    /// <remarks>If the cluster cannot be reached, or does not answer in the <c>ReadTimeout</c>, what is not near is missing.</remarks>
    /// <exception cref="ArgumentException">There are too many keys, or one breaks a limit.</exception>
    ValueTask<IReadOnlyDictionary<string, CacheResult<T>>> GetManyAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the entries, and has one call of the factory make all that are missing. Each is an entry as every other, with its own tags, life and single flight: what another caller in the cluster makes is waited for
    /// and not made again.
    /// </summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="keys">The keys: at most 512 (<see cref="NameLimits.KeysPerCall"/>). One that is named twice counts once.</param>
    /// <param name="factory">
    /// Makes the values of <see cref="CacheManyContext.Keys"/>. A key that it gives no value for is not stored, and not in the result; other keys are ignored. It runs while its caller waits, and again for keys that another caller failed to make. It must not update
    /// or revalidate tags.
    /// </param>
    /// <param name="options">What is known of each entry beforehand, by its key; null for nothing. <see cref="CacheEntryOptions.AllowBackgroundRefresh"/> is ignored.</param>
    /// <param name="cancellationToken">Cancels this caller; others that wait for the same values are not cancelled.</param>
    /// <returns>The values by key.</returns>
    /// <exception cref="ArgumentException">There are too many keys, or a key, a tag or a life breaks a limit.</exception>
    /// <exception cref="InvalidOperationException">The factory of one of the keys asked for it.</exception>
    /// <remarks>An exception of the factory reaches the caller as it was thrown, if a value is missing for it. Otherwise as <see cref="GetOrCreateAsync{T}(string, Func{CacheContext, CancellationToken, ValueTask{T}}, CacheEntryOptions?, CancellationToken)"/>.</remarks>
    ValueTask<IReadOnlyDictionary<string, T>> GetOrCreateManyAsync<T>(
        IReadOnlyCollection<string> keys,
        Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory,
        Func<string, CacheEntryOptions?>? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a value. Strict: when the call has returned, no process serves an earlier value of the key. The value counts as made when the call
    /// was made: if one of its tags is updated during the call, the value expires. The same may happen with a tag that was updated shortly before, if the cluster answers
    /// slowly: then the next read is a miss. While one of its tags, or <c>*</c>, is held (<see cref="HoldAsync"/>), nothing is stored, and the earlier value is gone.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Tags and life.</param>
    /// <param name="cancellationToken">Stops waiting; the set goes on.</param>
    /// <returns>A task that completes when no process serves an earlier value.</returns>
    /// <exception cref="ArgumentException">The key, a tag, the life or the size of the value breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; the set may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; the set is not known to have happened.</exception>
    ValueTask SetAsync<T>(string key, T value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Stores several values, each as <see cref="SetAsync"/> does. All are checked before anything happens; then they are stored side by side, not as one step.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="entries">The values by key: at most 512 (<see cref="NameLimits.KeysPerCall"/>), no key twice.</param>
    /// <param name="options">Tags and life of each entry, by its key; null for none.</param>
    /// <param name="cancellationToken">Stops waiting; the sets go on.</param>
    /// <returns>A task that completes when no process serves an earlier value of any of the keys.</returns>
    /// <exception cref="ArgumentException">There are too many keys, or one is named twice, or a key, a tag, the life or the size of a value breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed each of them; any of them may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; the sets are not known to have happened.</exception>
    ValueTask SetManyAsync<T>(
        IReadOnlyCollection<KeyValuePair<string, T>> entries, Func<string, CacheEntryOptions?>? options = null, CancellationToken cancellationToken = default);

    /// <summary>Removes an entry. Strict: when the call has returned, no process serves an earlier value of the key. Removing a key without an entry is fine.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Stops waiting; the removal goes on.</param>
    /// <returns>A task that completes when no process serves an earlier value.</returns>
    /// <exception cref="ArgumentException">The key breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; the removal may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; the removal is not known to have happened.</exception>
    ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists the keys of the entries that bear the tag, on all silos, in ordinal order: of those that could be read, fresh or stale. It is for looking, moving and checking; to invalidate them, update the tag.
    /// </summary>
    /// <param name="tag">The tag; <c>*</c> for every entry of the namespace.</param>
    /// <param name="pageSize">How many keys are asked for at a time: 1 to 1,000. A page costs each silo time in the number of the tag's dependents, so a long list wants large pages.</param>
    /// <param name="cancellationToken">Stops the listing.</param>
    /// <returns>The keys, each once, without the namespace. The pages are asked for while they are enumerated.</returns>
    /// <exception cref="ArgumentException">The tag or the size of the pages breaks a limit.</exception>
    /// <exception cref="TagCacheUnavailableException">While it is enumerated: the cluster could not be reached, or a silo did not answer, which the message names. What had come before stands.</exception>
    /// <remarks>
    /// Each page is what the silos have at the moment when they are asked; pages are not of one moment. An entry that is there from the beginning to the end of the listing is in it, unless it moves from one silo to another
    /// at that very moment, as when silos join or leave: then it may be missing. One that is stored, or expires, meanwhile may be in it or not. Entries of other namespaces, and what only this process keeps near, are never in it. Inside a factory, the entry that is made
    /// depends on the tag.
    /// </remarks>
    IAsyncEnumerable<string> GetKeysAsync(string tag, int pageSize = 1_000, CancellationToken cancellationToken = default);

    /// <summary>
    /// Expires every dependent of the tag now. When the call has returned, every reader in every process sees only values whose generation began after the call.
    /// Allowed only within a server action, as in Next.js; elsewhere use <see cref="RevalidateTagAsync(string, CacheLife, CancellationToken)"/>.
    /// </summary>
    /// <param name="tag">The tag; <c>*</c> for every entry of the namespace.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <returns>A task that completes when no process can serve a value from before the call.</returns>
    /// <exception cref="ServerActionRequiredException">The call is not within a server action; nothing has happened.</exception>
    /// <exception cref="InvalidOperationException">The call is within a factory; nothing has happened.</exception>
    /// <exception cref="ArgumentException">The tag breaks a limit.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; the update may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; the update is not known to have happened.</exception>
    ValueTask UpdateTagAsync(string tag, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="UpdateTagAsync"/>, for 1 to 128 tags in one update.</summary>
    /// <inheritdoc cref="UpdateTagAsync" path="/*[not(self::param)]"/>
    /// <param name="tags">The tags.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="UpdateTagsAsync(IReadOnlyCollection{string}, CancellationToken)"/>, for the entries that bear any of the tags or, with <see cref="TagMatch.All"/>, for those that bear every one of them: as strict,
    /// and what bears only some of them stays as it is.
    /// </summary>
    /// <inheritdoc cref="UpdateTagAsync" path="/*[not(self::param) and not(self::summary)]"/>
    /// <param name="tags">The tags: 1 to 128. One that is named twice counts once; <c>*</c> beside others adds nothing to <see cref="TagMatch.All"/>, since every entry bears it.</param>
    /// <param name="match">Which entries. With <see cref="TagMatch.All"/> the call takes time in the number of entries that bear the rarest of the tags, 0.3 to 0.7 s for a million in one silo on two busy cores; with a single tag it is as with <see cref="TagMatch.Any"/>.</param>
    /// <param name="cancellationToken">Stops waiting; the update goes on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The match is neither; nothing has happened.</exception>
    /// <remarks>With <see cref="TagMatch.All"/> it ends as incomplete while a silo of an earlier version is in the cluster.</remarks>
    ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, TagMatch match, CancellationToken cancellationToken = default);

    /// <summary>
    /// Holds tags around a change of their source, such as a database transaction, so that no read that starts after the commit, in any process, returns what was made before it. It costs one round to every process before the
    /// change, and none after it. Until the hold ends, reads under these tags run their factories and store nothing.
    /// Allowed only within a server action, as <see cref="UpdateTagAsync"/>.
    /// </summary>
    /// <param name="tags">1 to 128 tags; <c>*</c> for every entry of the namespace.</param>
    /// <param name="atMost">How long it holds at most, counted from this call: more than zero, at most 60 seconds; 10 seconds if it is null. It must cover the change and its commit.</param>
    /// <param name="cancellationToken">Stops waiting; a hold that was taken in spite of it ends when its time is over.</param>
    /// <returns>The hold, when every process has let go of what it stored under the tags.</returns>
    /// <exception cref="ServerActionRequiredException">The call is not within a server action; nothing has happened.</exception>
    /// <exception cref="InvalidOperationException">The call is within a factory; nothing has happened.</exception>
    /// <exception cref="ArgumentException">A tag or the time breaks a limit.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached, or holds as many tags as it may, or a process of it has not confirmed. Nothing is held for long; do the change without, or not at all.</exception>
    ValueTask<ITagHold> HoldAsync(IReadOnlyCollection<string> tags, TimeSpan? atMost = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Marks every dependent of the tag stale: it is served while it is refreshed in the background, until the profile's
    /// <see cref="CacheLife.Expire"/> has passed since the call. An earlier deadline stays, and nothing revives what an update expired.
    /// </summary>
    /// <param name="tag">The tag; <c>*</c> for every entry of the namespace.</param>
    /// <param name="profile">A life whose <see cref="CacheLife.Expire"/> is used; zero is an update.</param>
    /// <param name="cancellationToken">Stops waiting; the revalidation goes on.</param>
    /// <returns>A task that completes when every process treats the dependents as stale.</returns>
    /// <exception cref="InvalidOperationException">The call is within a factory; nothing has happened.</exception>
    /// <exception cref="ArgumentException">The tag breaks a limit, or the profile is unknown.</exception>
    /// <exception cref="TagUpdateIncompleteException">Not every process has confirmed; the revalidation may or may not have happened. Retrying is safe.</exception>
    /// <exception cref="TagCacheUnavailableException">The cluster could not be reached; the revalidation is not known to have happened.</exception>
    ValueTask RevalidateTagAsync(string tag, CacheLife profile, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="RevalidateTagAsync(string, CacheLife, CancellationToken)"/>, for 1 to 128 tags in one revalidation.</summary>
    /// <inheritdoc cref="RevalidateTagAsync(string, CacheLife, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="tags">The tags.</param>
    /// <param name="profile">A life whose <see cref="CacheLife.Expire"/> is used; zero is an update.</param>
    /// <param name="cancellationToken">Stops waiting; the revalidation goes on.</param>
    ValueTask RevalidateTagsAsync(IReadOnlyCollection<string> tags, CacheLife profile, CancellationToken cancellationToken = default);

    /// <summary>The form without a profile, as in Next.js: the same effect as an update, allowed anywhere but within a factory.</summary>
    /// <inheritdoc cref="RevalidateTagAsync(string, CacheLife, CancellationToken)" path="/*[not(self::returns)]"/>
    /// <returns>A task that completes when no process can serve a value from before the call.</returns>
    ValueTask RevalidateTagAsync(string tag, CancellationToken cancellationToken = default);
}
