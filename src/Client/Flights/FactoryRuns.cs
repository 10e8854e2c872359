using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Listeners;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Flights;

/// <summary>
/// Runs factories under tokens: in the flow of the reader who waits for the value, or behind one who has a value already, if the factory may run there.
///
/// <para>Most factories use what ends with their caller: a request's services, its context, its activity. Such a one runs while its caller waits, and is
/// cancelled when that has got something else. So of the readers of a stale value one makes the newer one, and the others do not wait for it.</para>
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class FactoryRuns(
    EntryClient entries,
    PayloadCodec codec,
    Commits commits,
    BackgroundRefreshes refreshes,
    FailedRefreshes failed,
    UncacheableKeys uncacheable,
    ClientMetrics metrics,
    CacheListeners listeners,
    TimeProvider time,
    ILogger<FactoryRuns> logger)
{
    /// <summary>Whether a stale value may be refreshed behind its reader. After a refresh that failed the next reader makes it: there the failure is seen.</summary>
    public bool MayRefreshBehind(string scopedKey, IEntryFactory factory) => factory.MayRunBehind && !failed.Contains(scopedKey);

    public void IsNotForStoring(FlightKey key) => uncacheable.Add(key.ScopedKey);

    public Task<bool> TryStore(FlightKey key, TokenId token, Generated made, NearAsk ask) => commits.TryStore(key, token, made, ask);

    public Task<bool> TryRefill(FlightKey key, TokenId token, Generated made) => commits.TryRefill(key, token, made);

    /// <summary>What may be served for fail-safe while another caller's generation is slow.</summary>
    public Task<EntrySnapshot?> FailSafe(FlightKey key) => FailSafe(key, TokenId.None, isOver: false);

    /// <summary>Makes what is missing. Gives the value; or what is served instead of it, when it fails or takes too long.</summary>
    /// <remarks>Whatever else its factory throws comes through, when the token has been given back.</remarks>
    public async Task<(Generated? Made, EntrySnapshot? Spare)> UnderToken(FlightKey key, Flight flight, Acquired answer, NearAsk ask, IEntryFactory factory)
    {
        // What is made from a value past its life would look younger than it is: inside a factory there is none.
        var hasSpare = factory.HasFailSafe && !key.FreshOnly;
        var making = Factories.Run(listeners, key.ScopedKey, factory, answer.Entry, time, flight.Cancellation.Token);
        if (hasSpare && factory.SoftTimeout is { } soft && await InsteadOf(making, soft, key, answer).ConfigureAwait(false) is { } early)
        {
            if (factory.MayRunBehind)
            {
                refreshes.GoOn(token => GoOn(key, flight, answer, ask, making, token));
            }
            else
            {
                await Stop(making, flight).ConfigureAwait(false);
                await entries.TryFailSafe(key.ScopedKey, answer.Token, isOver: true).ConfigureAwait(false);
            }

            return (null, early);
        }

        try
        {
            return (await making.ConfigureAwait(false), null);
        }
        catch (Exception exception)
        {
            if (hasSpare && !flight.Cancellation.IsCancellationRequested && await FailSafe(key, answer.Token, isOver: true).ConfigureAwait(false) is { } spare)
            {
                LogServedInNeed(exception);
                return (null, spare);
            }

            await entries.TryAbandon(key.ScopedKey, answer.Token).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a newer value for one that is stale and may be served: behind its reader, who gets the stale one, or in its flow. There a failure leaves the stale one, and the next reader tries again.</summary>
    public async Task<FlightResult> Refresh(FlightKey key, Flight flight, Acquired answer, NearAsk ask, IEntryFactory factory)
    {
        if (MayRefreshBehind(key.ScopedKey, factory))
        {
            RefreshBehind(key, answer, ask, factory);
            return new(answer.Entry);
        }

        var making = Factories.Run(listeners, key.ScopedKey, factory, answer.Entry, time, flight.Cancellation.Token);
        try
        {
            if (factory.SoftTimeout is { } soft && !await EndsWithin(making, soft).ConfigureAwait(false))
            {
                await Stop(making, flight).ConfigureAwait(false);
                throw new TimeoutException($"The factory was cancelled: it ran longer than its FactorySoftTimeout of {soft}.");
            }

            return (await Store(key, answer, ask, await making.ConfigureAwait(false)).ConfigureAwait(false)).ToResult();
        }
        catch (OperationCanceledException) when (flight.Cancellation.IsCancellationRequested)
        {
            // Its reader has gone.
            await entries.TryAbandon(key.ScopedKey, answer.Token).ConfigureAwait(false);
            return FlightResult.AskAgain;
        }
        catch (Exception exception)
        {
            await entries.TryAbandon(key.ScopedKey, answer.Token).ConfigureAwait(false);
            RefreshFailed(key, exception);
            return new(answer.Entry);
        }
    }

    private void RefreshBehind(FlightKey key, Acquired answer, NearAsk ask, IEntryFactory factory)
    {
        var reader = Tracing.Current?.Context ?? default;
        refreshes.Start(
            async token =>
            {
                using var activity = Tracing.StartTrace(CacheActivities.Refresh, reader);
                try
                {
                    await Store(key, answer, ask, await Factories.Run(listeners, key.ScopedKey, factory, answer.Entry, time, token).ConfigureAwait(false)).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    activity.Failed(exception);
                    RefreshFailed(key, exception);
                    await entries.TryAbandon(key.ScopedKey, answer.Token).ConfigureAwait(false);
                }
            },
            () =>
            {
                metrics.OnRefresh(Outcome.NoTurn);
                listeners.OnEntry(TagCacheEventKinds.RefreshFailed, key.ScopedKey, Outcome.NoTurn);
                return entries.TryAbandon(key.ScopedKey, answer.Token);
            });
    }

    private async Task<Generated> Store(FlightKey key, Acquired answer, NearAsk ask, Generated made)
    {
        var outcome = await commits.TryStore(key, answer.Token, made, ask).ConfigureAwait(false) ? Outcome.Stored : Outcome.NotStored;
        metrics.OnRefresh(outcome);
        listeners.OnEntry(TagCacheEventKinds.Refreshed, key.ScopedKey, outcome);
        failed.Remove(key.ScopedKey);
        return made;
    }

    /// <summary>What a reader gets that has waited long enough for its factory; null if that has ended, or there is nothing.</summary>
    private async Task<EntrySnapshot?> InsteadOf(Task making, TimeSpan soft, FlightKey key, Acquired answer)
    {
        if (await EndsWithin(making, soft).ConfigureAwait(false))
        {
            return null;
        }

        var spare = FailSafe(key, answer.Token, isOver: false);
        return await Task.WhenAny(spare, making).ConfigureAwait(false) == spare ? await spare.ConfigureAwait(false) : null;
    }

    private async Task<bool> EndsWithin(Task making, TimeSpan soft)
    {
        using var isMade = new CancellationTokenSource();
        await Task.WhenAny(making, Task.Delay(soft, time, isMade.Token)).ConfigureAwait(false);
        await isMade.CancelAsync().ConfigureAwait(false);
        return making.IsCompleted;
    }

    private async Task<EntrySnapshot?> FailSafe(FlightKey key, TokenId token, bool isOver)
    {
        var spare = codec.Decode(key.ScopedKey, await entries.TryFailSafe(key.ScopedKey, token, isOver).ConfigureAwait(false));
        if (spare is not null)
        {
            metrics.OnRead(Outcome.FailSafe);
            listeners.OnRead(key.ScopedKey, Outcome.FailSafe);
            Tracing.Note(Outcome.FailSafe);
        }

        return spare;
    }

    /// <summary>The reader did not wait for its factory; what that makes is stored all the same.</summary>
    private async Task GoOn(FlightKey key, Flight flight, Acquired answer, NearAsk ask, Task<Generated> making, CancellationToken givenUp)
    {
        using var giving = givenUp.UnsafeRegister(static cancellation => ((CancellationTokenSource)cancellation!).Cancel(), flight.Cancellation);
        try
        {
            await Store(key, answer, ask, await making.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            RefreshFailed(key, exception);
            await entries.TryFailSafe(key.ScopedKey, answer.Token, isOver: true).ConfigureAwait(false);
        }
    }

    /// <summary>The factory may not go on without its reader: it is cancelled, and its result is ignored.</summary>
    private static async Task Stop(Task making, Flight flight)
    {
        await flight.Cancellation.CancelAsync().ConfigureAwait(false);
        await making.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void RefreshFailed(FlightKey key, Exception exception)
    {
        metrics.OnRefresh(Outcome.Failed);
        listeners.OnEntry(TagCacheEventKinds.RefreshFailed, key.ScopedKey, Outcome.Failed, exception: exception);
        failed.Add(key.ScopedKey);
        if (!refreshes.Stopping.IsCancellationRequested)
        {
            LogRefreshFailed(exception);
        }
    }

    [LoggerMessage(2203, LogLevel.Warning, "A factory failed, and its reader got the value kept for fail-safe")]
    private partial void LogServedInNeed(Exception exception);

    [LoggerMessage(2202, LogLevel.Warning, "Refreshing a stale entry failed; the stale value stays until its deadline, and the next reader makes a newer one itself")]
    private partial void LogRefreshFailed(Exception exception);
}
