using System.Diagnostics;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;

namespace OrleansTagCache.Flights;

/// <summary>Runs factories within their hard limits.</summary>
internal static class Factories
{
    /// <summary>Makes the entry; a cancelled caller waits no longer, even for a factory that ignores its token.</summary>
    /// <exception cref="TimeoutException">It ran longer than its hard limit, which the message names, and was cancelled.</exception>
    /// <param name="listeners">Hear how it ends.</param>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="factory">The factory.</param>
    /// <param name="stale">The stale value that is refreshed, if there is one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops waiting, and cancels it.</param>
    /// <param name="trace">The <c>traceparent</c> of another process that has asked for it, if one has.</param>
    public static async Task<Generated> Run(
        CacheListeners listeners, string scopedKey, IEntryFactory factory, EntrySnapshot? stale, TimeProvider time, CancellationToken cancellationToken, string? trace = null)
    {
        using var activity = trace is null ? Tracing.Start(CacheActivities.Generate) : Tracing.Start(CacheActivities.Generate, ActivityKind.Server, trace);
        var begunAt = time.Now();
        try
        {
            var made = await WithinItsLimit(factory, stale, time, cancellationToken).ConfigureAwait(false);
            listeners.OnEntry(TagCacheEventKinds.Generated, scopedKey, outcome: null, time.Now() - begunAt);
            return made;
        }
        catch (Exception exception)
        {
            activity.Failed(exception);
            if (!cancellationToken.IsCancellationRequested)
            {
                listeners.OnEntry(TagCacheEventKinds.FactoryFailed, scopedKey, outcome: null, time.Now() - begunAt, exception);
            }

            throw;
        }
    }

    private static async Task<Generated> WithinItsLimit(IEntryFactory factory, EntrySnapshot? stale, TimeProvider time, CancellationToken cancellationToken)
    {
        if (factory.HardTimeout is not { } hard)
        {
            return await factory.Generate(stale, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        using var limit = new CancellationTokenSource(hard, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await factory.Generate(stale, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Whatever the factory makes of being cancelled.
            throw new TimeoutException($"The factory was cancelled: it ran longer than its FactoryHardTimeout of {hard}.", exception);
        }
    }
}
