using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>Runs factories within their hard limits.</summary>
internal static class Factories
{
    /// <summary>Makes the entry; whoever is cancelled waits no longer, also for a factory that does not heed its token.</summary>
    /// <exception cref="TimeoutException">It ran longer than its hard limit, which the message names, and was cancelled.</exception>
    public static async Task<Generated> Run(IEntryFactory factory, EntrySnapshot? stale, TimeProvider time, CancellationToken cancellationToken)
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
