namespace OrleansTagCache;

/// <summary>Hears what the caches of its process do: for logs, audits, and what follows a change of the cache. Register it with <c>AddTagCacheListener</c>.</summary>
/// <remarks>
/// <para>Each listener has a queue of its own, of <see cref="TagCacheClientOptions.ListenerQueueLength"/> events, and gets them one at a time in the order in which they were written, off the path of the calls that they tell of and without their context. A listener that is slow delays no call and no other listener: it
/// loses the events that find its queue full.</para>
/// <para>Whatever it throws is logged the first time, and it goes on. It may call the cache; events of such calls are events too, so one that answers an event by a call of the same kind never comes to an end.</para>
/// </remarks>
public interface ITagCacheListener
{
    /// <summary>Something has happened.</summary>
    /// <param name="cacheEvent">What has happened. It does not change any more.</param>
    /// <param name="cancellationToken">Cancelled when the process ends and waits no longer for its listeners: 5 s after the cache was stopped, or when the host's patience ends.</param>
    /// <returns>A task that ends when the listener takes its next event.</returns>
    ValueTask OnEventAsync(TagCacheEvent cacheEvent, CancellationToken cancellationToken);

    /// <summary>Events were lost, since the queue of this listener was full. Called before the next event that it gets.</summary>
    /// <param name="count">How many, since it was told last.</param>
    /// <param name="cancellationToken">As that of <see cref="OnEventAsync"/>.</param>
    /// <returns>A task that ends when the listener takes its next event.</returns>
    ValueTask OnDroppedAsync(long count, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
