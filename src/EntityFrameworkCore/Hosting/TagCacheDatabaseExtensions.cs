using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache;
using OrleansTagCache.Mapping;
using OrleansTagCache.Saving;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds tags to what a transaction holds.</summary>
public static class TagCacheDatabaseExtensions
{
    /// <summary>
    /// Holds tags until the end of the transaction that the context is in, together with those of its saves: for what saves do not see, such as <c>ExecuteSqlRaw</c>, triggers, and stored procedures. Call it before the statement.
    /// </summary>
    /// <param name="database">The database of a context whose options use the cache.</param>
    /// <param name="tags">The tags; <see cref="TagCacheTags.OfTable"/> makes that of a table.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>A task that completes when they are held, or are to be updated after the commit.</returns>
    /// <exception cref="InvalidOperationException">The context is in no transaction, or does not use the cache.</exception>
    /// <exception cref="ArgumentException">A tag breaks a limit.</exception>
    /// <exception cref="TagCacheUnavailableException">They could not be held, and the options do not allow it.</exception>
    public static Task HoldTagsAsync(this DatabaseFacade database, IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default) => Hold(database, tags, isAsync: true, cancellationToken);

    /// <inheritdoc cref="HoldTagsAsync" path="/*[not(self::param) and not(self::returns)]"/>
    /// <param name="database">The database of a context whose options use the cache.</param>
    /// <param name="tags">The tags.</param>
    public static void HoldTags(this DatabaseFacade database, IReadOnlyCollection<string> tags) => Blocking.Wait(() => Hold(database, tags, isAsync: false, CancellationToken.None));

    private static async Task Hold(DatabaseFacade database, IReadOnlyCollection<string> tags, bool isAsync, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(tags);
        var context = ((IDatabaseFacadeDependenciesAccessor)database).Context;
        var options = TagCacheOptionsExtension.Required(context);
        var transaction = HeldTransaction.Current(context) ?? throw new InvalidOperationException("Tags are held until the end of a transaction, and the context is in none: begin one first.");
        string[] sound = [.. tags.Select(TagMap.Sound)];
        DisposedTransactions.Watch(context);
        var held = transaction.HeldOf(context, options);
        await held.Add(sound, cancellationToken).ConfigureAwait(false);
        await transaction.AfterStatements(context, held, isAsync, cancellationToken).ConfigureAwait(false);
    }
}
