using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Listeners;

/// <summary>
/// Tells the application's listeners what the caches of this process do. Whoever has something to tell writes it here and goes on: an event is made only if a listener hears its kind, and waits in that listener's queue or is lost.
/// </summary>
/// <remarks>Thread-safe. Nothing here throws or waits, but for the end.</remarks>
internal sealed partial class CacheListeners : IHostedService, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly ListenerQueue[] _queues;
    private readonly Task _delivering;
    private readonly ClientMetrics? _metrics;
    private readonly ILogger? _logger;
    private readonly CancellationTokenSource _givenUp = new();

    public CacheListeners(IEnumerable<ListenerRegistration> added, TagCacheClientOptions options, ClientMetrics metrics, IServiceProvider services, ILogger<CacheListeners> logger)
    {
        (_metrics, _logger) = (metrics, logger);
        ListenerRegistration[] registrations = [.. added];
        Kinds = registrations.Aggregate(TagCacheEventKinds.None, (all, registration) => all | registration.Kinds);
        _queues = Array.ConvertAll(registrations, registration => new ListenerQueue(registration, options.ListenerQueueLength, services, Failed));
        var givenUp = _givenUp.Token;
        _delivering = Task.WhenAll(_queues.Select(queue => DetachedTask.Run(() => queue.Deliver(givenUp))));
    }

    private CacheListeners() => (_queues, _delivering) = ([], Task.CompletedTask);

    /// <summary>A process without listeners.</summary>
    public static CacheListeners None { get; } = new();

    /// <summary>What is heard at all.</summary>
    public TagCacheEventKinds Kinds { get; }

    /// <summary>How many events were lost, each counted for each listener that would have heard it.</summary>
    public long Dropped => _queues.Sum(queue => queue.Dropped);

    /// <summary>How long the end of the process waits until what was written is delivered: by real time, since it is the application's work.</summary>
    public TimeSpan Patience { get; init; } = LastPatience;

    public bool Hear(TagCacheEventKinds kind) => (Kinds & kind) != TagCacheEventKinds.None;

    /// <summary>A read has ended, as the metrics count it.</summary>
    public void OnRead(string scopedKey, Outcome outcome)
    {
        var kind = KindOf(outcome);
        if (Hear(kind))
        {
            OnEntry(kind, scopedKey, outcome);
        }
    }

    /// <inheritdoc cref="OnRead(string, Outcome)"/>
    public void OnRead(CacheNamespace ns, string key, Outcome outcome)
    {
        var kind = KindOf(outcome);
        if (Hear(kind))
        {
            Write(new() { Kind = kind, Namespace = ns.Value, Key = key, Outcome = outcome.Name(), IsStale = IsStale(outcome) });
        }
    }

    /// <summary>Something has happened to an entry.</summary>
    public void OnEntry(TagCacheEventKinds kind, string scopedKey, Outcome? outcome, TimeSpan? elapsed = null, Exception? exception = null)
    {
        if (Hear(kind))
        {
            var (ns, key) = CacheNamespace.Split(scopedKey);
            Write(new() { Kind = kind, Namespace = ns.Value, Key = key, Outcome = outcome?.Name(), IsStale = outcome is { } how && IsStale(how), Elapsed = elapsed, Exception = exception });
        }
    }

    /// <summary>Something has happened to tags: an event for each of their namespaces.</summary>
    public void OnTags(TagCacheEventKinds kind, TagId[] tags, Outcome outcome, TimeSpan? elapsed = null, Exception? exception = null, TagMatch match = TagMatch.Any)
    {
        if (Hear(kind))
        {
            foreach (var group in tags.GroupBy(tag => tag.Namespace.Value, tag => tag.Name))
            {
                Write(new() { Kind = kind, Namespace = group.Key, Tags = [.. group], Match = match, Outcome = outcome.Name(), Elapsed = elapsed, Exception = exception });
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no more events, and waits for a bounded time until those that it has are delivered.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Array.ForEach(_queues, queue => queue.Close());
        if (_givenUp.IsCancellationRequested)
        {
            return;
        }

        await _delivering.WaitAsync(Patience, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _givenUp.End();
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);

    /// <summary>Does not wait: what was not delivered is lost.</summary>
    public void Dispose()
    {
        Array.ForEach(_queues, queue => queue.Close());
        _givenUp.End();
    }

    private static TagCacheEventKinds KindOf(Outcome outcome) => outcome switch
    {
        Outcome.Near or Outcome.NearStale => TagCacheEventKinds.NearHit,
        Outcome.Hit or Outcome.Stale or Outcome.FailSafe => TagCacheEventKinds.Hit,
        _ => TagCacheEventKinds.Miss,
    };

    private static bool IsStale(Outcome outcome) => outcome is Outcome.NearStale or Outcome.Stale or Outcome.FailSafe;

    private void Write(TagCacheEvent cacheEvent)
    {
        foreach (var queue in _queues)
        {
            if (!queue.TryWrite(cacheEvent))
            {
                _metrics!.OnEventDropped();
            }
        }
    }

    private void Failed(Exception exception, Type listener) => LogFailed(_logger!, exception, listener.Name);

    [LoggerMessage(2701, LogLevel.Error, "The listener {Listener} failed, and goes on with the next event. What it throws from now on is not logged")]
    private static partial void LogFailed(ILogger logger, Exception exception, string listener);
}
