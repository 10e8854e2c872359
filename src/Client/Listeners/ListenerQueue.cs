using System.Threading.Channels;

namespace OrleansTagCache.Listeners;

/// <summary>The events that one listener has still to hear.</summary>
/// <remarks>Writing is thread-safe and never waits; one task delivers.</remarks>
/// <param name="registration">The listener.</param>
/// <param name="length">How many may wait.</param>
/// <param name="services">Where the listener is found.</param>
/// <param name="failed">Told of the first failure.</param>
internal sealed class ListenerQueue(ListenerRegistration registration, int length, IServiceProvider services, Action<Exception, Type> failed)
{
    private readonly Channel<TagCacheEvent> _events = Channel.CreateBounded<TagCacheEvent>(new BoundedChannelOptions(length) { SingleReader = true });
    private ITagCacheListener? _listener;
    private long _dropped;
    private long _told;
    private bool _hasFailed;

    /// <summary>How many were lost: those that found the queue full, or closed.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Leaves an event to the listener, if it hears such ones. False if it is lost.</summary>
    public bool TryWrite(TagCacheEvent cacheEvent)
    {
        if ((registration.Kinds & cacheEvent.Kind) == TagCacheEventKinds.None || _events.Writer.TryWrite(cacheEvent))
        {
            return true;
        }

        Interlocked.Increment(ref _dropped);
        return false;
    }

    /// <summary>Takes no more; what is there is still delivered.</summary>
    public void Close() => _events.Writer.TryComplete();

    /// <summary>Delivers until it is closed and empty, or given up. Never fails.</summary>
    public async Task Deliver(CancellationToken givenUp)
    {
        try
        {
            while (await _events.Reader.WaitToReadAsync(givenUp).ConfigureAwait(false))
            {
                while (!givenUp.IsCancellationRequested && _events.Reader.TryRead(out var cacheEvent))
                {
                    await Tell(cacheEvent, givenUp).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (givenUp.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task Tell(TagCacheEvent cacheEvent, CancellationToken givenUp)
    {
        try
        {
            _listener ??= registration.Find(services);
            var dropped = Dropped;
            if (dropped != _told)
            {
                var count = dropped - _told;
                _told = dropped;
                await _listener.OnDroppedAsync(count, givenUp).ConfigureAwait(false);
            }

            await _listener.OnEventAsync(cacheEvent, givenUp).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (!_hasFailed && !givenUp.IsCancellationRequested)
            {
                _hasFailed = true;
                failed(exception, registration.Type);
            }
        }
    }
}
