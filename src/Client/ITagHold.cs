namespace OrleansTagCache;

/// <summary>
/// Tags that are held around a change of their source, such as a database transaction. While they are held, a read under one of them returns nothing that is stored, and stores nothing; the end of
/// the hold expires them. So no read that starts after the change, in any process, returns what was made before it: from the moment of the commit on, not only from the return of an update.
/// </summary>
/// <remarks>
/// <para>Take it before the change, and look at <see cref="IsHeld"/> right before the commit. Call <see cref="ReleaseAsync"/> when the outcome of the commit is known, or <see cref="Abandon"/> when it is not.
/// A hold ends by itself when its time is over, with the same effect, even when its process dies.</para>
/// <para>While a server action holds tags, a factory of its own reads may see what its transaction has not committed: what it makes is its own caller's, and no other reader's, unless it is stored under tags that are not held.</para>
/// <para>Thread-safe. The first of <see cref="ReleaseAsync"/>, <see cref="Abandon"/> and <see cref="IAsyncDisposable.DisposeAsync"/> ends it; a later one waits for the same end.
/// <see cref="IAsyncDisposable.DisposeAsync"/> does what <see cref="ReleaseAsync"/> does.</para>
/// </remarks>
public interface ITagHold : IAsyncDisposable
{
    /// <summary>The tags.</summary>
    IReadOnlyCollection<string> Tags { get; }

    /// <summary>For how long it is still held, by this process's clock; zero when it is over. Whether the cluster still holds it is known only when it is released.</summary>
    TimeSpan Remaining { get; }

    /// <summary>Whether it is held still, by this process's clock: false when its time is over, or it was released. It reads a clock and sends nothing.</summary>
    bool IsHeld { get; }

    /// <summary>
    /// Ends the hold, after the outcome of the change is known: committed or rolled back. If it was held throughout, no process has to be waited for. If its time was over before, its tags are updated instead, as
    /// <see cref="ITagCache.UpdateTagsAsync(IReadOnlyCollection{string}, CancellationToken)"/> does, and that is waited for.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the end of the hold goes on.</param>
    /// <returns>True if it was held until now. False if it had lapsed: between the change and this call a reader may have been given the value from before it; since this call, as after an update, none is.</returns>
    /// <exception cref="TagUpdateIncompleteException">It had lapsed, and not every process has confirmed the update.</exception>
    /// <exception cref="TagCacheUnavailableException">It had lapsed, and the cluster could not be reached for the update.</exception>
    ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Leaves the hold to its time, because it is not known whether the change happened: a commit whose connection was lost may still come. The tags are held until their time is over; then they are updated, in the background.
    /// </summary>
    void Abandon();
}
