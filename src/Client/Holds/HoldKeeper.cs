using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Holds;

/// <summary>
/// Begins the holds of this process and brings each to its end.
///
/// <para><b>Held, or updated.</b> A hold that was held until the outcome of the change was known needs nothing more: its end expires its tags at every member, in the step that ends it there. Of one that was
/// not, or of which no silo can tell (invariant H4), the tags are updated: the promise of an update holds then, that of the hold may not have.</para>
/// </summary>
/// <remarks>Thread-safe. Nothing here keeps a process from ending: what is under way then is left to the members, each of which ends every hold by itself.</remarks>
internal sealed partial class HoldKeeper(
    HoldClient holds, UpdateClient updates, Reachability reachability, ClientMetrics metrics, CacheListeners listeners, TimeProvider time, ILogger<HoldKeeper> logger)
{
    /// <summary>Takes a hold.</summary>
    /// <exception cref="TagCacheUnavailableException">It could not be had.</exception>
    public async Task<TakenHold> Begin(TagId[] tags, TimeSpan atMost, TimeSpan updateTimeout, CancellationToken cancellationToken)
    {
        try
        {
            var taken = await holds.Hold(tags, atMost, updateTimeout, cancellationToken).ConfigureAwait(false);
            metrics.OnHold(Outcome.Taken);
            return taken;
        }
        catch (TagCacheUnavailableException)
        {
            metrics.OnHold(Outcome.Refused);
            throw;
        }
    }

    /// <summary>Ends a hold of this process. True if it was held throughout; otherwise its tags have been updated.</summary>
    /// <param name="hold">The hold.</param>
    /// <param name="outcomeKnownAt">The clock, read when the outcome of the change was known.</param>
    /// <param name="updateTimeout">How long an update is tried.</param>
    /// <exception cref="TagUpdateIncompleteException">It had lapsed, and not every process has confirmed the update.</exception>
    /// <exception cref="TagCacheUnavailableException">It had lapsed, and the cluster could not be reached for the update.</exception>
    public async Task<bool> End(TakenHold hold, Moment outcomeKnownAt, TimeSpan updateTimeout)
    {
        var isInTime = hold.Time.IsHeldAt(outcomeKnownAt);
        var isSaid = isInTime && await holds.Release(hold).ConfigureAwait(false);
        if (hold.Time.WasHeldThroughout(outcomeKnownAt, isSaid))
        {
            Released(hold.Tags);
            return true;
        }

        if (isInTime)
        {
            LogNotConfirmed(hold.Tags.Length);
        }
        else
        {
            LogLate(outcomeKnownAt - hold.Time.Deadline, hold.Time.AtMost, hold.Tags.Length);
        }

        await Update(hold.Tags, updateTimeout).ConfigureAwait(false);
        return false;
    }

    /// <summary>The same of a hold whose holder is elsewhere and looks at its own clock.</summary>
    /// <param name="id">The hold; null if it is not known.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="updateTimeout">How long an update is tried.</param>
    public async Task<bool> End(UpdateId? id, TagId[] tags, TimeSpan updateTimeout)
    {
        if (id is { } known && await holds.Release(known, tags).ConfigureAwait(false))
        {
            Released(tags);
            return true;
        }

        LogNotConfirmed(tags.Length);
        await Update(tags, updateTimeout).ConfigureAwait(false);
        return false;
    }

    /// <summary>No caller waits for it any more: ends it, as far as the cluster can be reached.</summary>
    public void LetGo(TakenHold hold) => _ = DetachedTask.Run(() => holds.Release(hold));

    /// <summary>Leaves a hold to its time, and then updates its tags, again and again until that is done or the process ends.</summary>
    public Task EndLater(TakenHold hold, TimeSpan updateTimeout)
    {
        metrics.OnHold(Outcome.Abandoned);
        return DetachedTask.Run(() => UpdateLater(hold, updateTimeout));
    }

    /// <summary>Its end has expired its tags.</summary>
    private void Released(TagId[] tags)
    {
        metrics.OnHold(Outcome.Released);
        listeners.OnTags(TagCacheEventKinds.Updated, tags, Outcome.Released);
    }

    private async Task UpdateLater(TakenHold hold, TimeSpan updateTimeout)
    {
        var (isDone, isSaid) = (false, false);
        var left = HoldTime.OverEverywhere(hold.AnsweredAt, hold.Time.AtMost) - time.Now();
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, time, reachability.Closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await BackgroundLoop.Loop(
            async () =>
            {
                await updates.Update(new(hold.Tags, StaleFor: null), updateTimeout, reachability.Closed).ConfigureAwait(false);
                isDone = true;
                return false;
            },
            exception =>
            {
                if (!isSaid)
                {
                    isSaid = true;
                    LogNotUpdatedYet(exception, hold.Tags.Length);
                }
            },
            time,
            reachability.Closed).ConfigureAwait(false);
        if (!isDone)
        {
            LogNeverUpdated(hold.Tags.Length);
        }
    }

    private Task<UpdateOutcome> Update(TagId[] tags, TimeSpan updateTimeout)
    {
        metrics.OnHold(Outcome.Lapsed);
        return updates.Update(new(tags, StaleFor: null), updateTimeout, CancellationToken.None);
    }

    [LoggerMessage(2120, LogLevel.Warning, "A hold of {Count} tags was released {Late} after its {AtMost} were over. Its tags are updated instead; since its time was over, readers may have been given values from before the change")]
    private partial void LogLate(TimeSpan late, TimeSpan atMost, int count);

    [LoggerMessage(2121, LogLevel.Warning, "No silo could confirm that a hold of {Count} tags was held until it was released. Its tags are updated instead; until then readers may have been given values from before the change")]
    private partial void LogNotConfirmed(int count);

    [LoggerMessage(2122, LogLevel.Warning, "The {Count} tags of a hold that was abandoned could not be updated yet; it is tried until it succeeds or this process stops")]
    private partial void LogNotUpdatedYet(Exception exception, int count);

    [LoggerMessage(2123, LogLevel.Warning, "This process stops before the {Count} tags of a hold that was abandoned were updated. A change that comes after the hold's time is seen when their entries expire")]
    private partial void LogNeverUpdated(int count);
}
