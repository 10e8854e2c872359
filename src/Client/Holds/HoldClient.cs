using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Holds;

/// <summary>
/// Takes holds and ends them. To take one is tried again with a new identity and a new beginning each time: the members count from the first time that they hear of a hold, so an attempt that
/// was lost must not be repeated as the same one (invariant H4).
/// </summary>
/// <remarks>Thread-safe. A hold that comes when its caller does not wait any more is released in the background.</remarks>
internal sealed class HoldClient(IGrainFactory grains, SiloEndpoints endpoints, Reachability reachability, TagCacheClientOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>No attempt waits longer: a call through a gateway that was lost is lost without a word.</summary>
    private static readonly TimeSpan AttemptPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long each of the two ways to release a hold is tried.</summary>
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(2);

    /// <summary>Takes a hold: it is tried for as long as an update is, but no longer than the hold would last.</summary>
    /// <exception cref="TagCacheUnavailableException">It could not be had.</exception>
    public Task<TakenHold> Hold(TagId[] tags, TimeSpan atMost, TimeSpan updateTimeout, CancellationToken cancellationToken) =>
        Tracing.Run(CacheActivities.Hold, tags, options.IncludeTagsInTraces, () => Take(tags, atMost, HoldTime.LongestTry(atMost, updateTimeout), cancellationToken));

    /// <summary>Ends a hold everywhere. False if no silo could say that it was held throughout, or none answered: then it ends by itself where it is held.</summary>
    public Task<bool> Release(TakenHold hold) => Release(hold.Id, hold.Tags, hold.Coordinator);

    /// <inheritdoc cref="Release(TakenHold)"/>
    /// <param name="id">The hold.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="coordinator">Its coordinator, which is asked first: the silo of its tag may have joined since, and then it cannot tell (invariant H4). Null if it is not known.</param>
    public Task<bool> Release(UpdateId id, TagId[] tags, SiloAddress? coordinator = null) =>
        Tracing.Run(CacheActivities.Release, tags, options.IncludeTagsInTraces, () => TryRelease(new(id, tags), coordinator));

    private async Task<TakenHold> Take(TagId[] tags, TimeSpan atMost, TimeSpan longest, CancellationToken cancellationToken)
    {
        if (reachability.WhyNot("hold") is { } notConnected)
        {
            throw notConnected;
        }

        using var wait = new CallWait("hold", longest, reachability, endpoints, time);
        var (until, pause, isFirst) = (time.Now() + longest, FirstPause, true);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, reachability.Closed);
        while (true)
        {
            var (taken, reason, fault) = await TryTake(tags, atMost, until, isFirst, wait, either.Token).ConfigureAwait(false);
            if (taken is not null)
            {
                return taken;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (reachability.Closed.IsCancellationRequested)
            {
                throw new TagCacheUnavailableException("This process stopped while it asked for the hold. Nothing is held for long.", fault) { Code = CacheErrorCodes.Stopping, Report = wait.Report() };
            }

            if (time.Now() + pause >= until)
            {
                throw new TagCacheUnavailableException($"The tags could not be held within {longest}. {reason}", fault) { Code = wait.Answers > 0 ? CacheErrorCodes.HoldRefused : CacheErrorCodes.Unreachable, Report = wait.Report() };
            }

            isFirst = false;
            await Task.Delay(pause, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<(TakenHold? Taken, string? Reason, Exception? Fault)> TryTake(TagId[] tags, TimeSpan atMost, Moment until, bool isFirst, CallWait wait, CancellationToken cancellationToken)
    {
        // Before it is asked for: the members count from later.
        var hold = new HoldTime(time.Now(), atMost);
        var asking = Ask(new(tags, atMost, Tracing.Parent), isFirst);
        wait.Tries();
        try
        {
            var left = until - hold.AskedAt;
            var patience = left < AttemptPatience ? left : AttemptPatience;
            var outcome = await asking.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.FromMilliseconds(1), time, cancellationToken).ConfigureAwait(false);
            reachability.Reached();
            wait.Answered(outcome.Waiting);
            var answeredAt = time.Now();
            if (outcome.Id is not { } id)
            {
                return (null, outcome.Reason, null);
            }

            var taken = new TakenHold(id, tags, hold, answeredAt, outcome.Members, outcome.Coordinator);
            if (hold.IsHeldAt(answeredAt))
            {
                return (taken, null, null);
            }

            _ = DetachedTask.Run(() => Release(taken));
            return (null, "Its time was over when the last process had confirmed it.", null);
        }
        catch (Exception exception)
        {
            _ = DetachedTask.Run(() => LetGo(asking, tags));
            reachability.Failed(exception);
            return (null, "The cluster did not answer.", exception);
        }
    }

    private async Task<HoldOutcome> Ask(HoldRequest request, bool isFirst)
    {
        var first = FirstOf(request.Tags);

        // Once: a gateway that lost the first attempt must not get the second.
        var there = isFirst ? endpoints.Find(first) : null;
        return there is null ? await grains.GetGrain<ITagGrain>(first).Hold(request).ConfigureAwait(false) : await there.Hold(request).ConfigureAwait(false);
    }

    /// <summary>No caller waits for it any more: should it come all the same, its tags are not held for longer than need be.</summary>
    private async Task LetGo(Task<HoldOutcome> asking, TagId[] tags)
    {
        try
        {
            var outcome = await asking.ConfigureAwait(false);
            if (outcome.Id is { } id)
            {
                await Release(id, tags, outcome.Coordinator).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // It ends by itself.
        }
    }

    private async Task<bool> TryRelease(HoldRelease hold, SiloAddress? coordinator) =>
        reachability.IsConnected
        && ((coordinator is not null && endpoints.Of(coordinator) is { } there ? await TryOnce(() => there.Release(hold)).ConfigureAwait(false) : null)
            ?? await TryOnce(() => grains.GetGrain<ITagGrain>(FirstOf(hold.Tags)).Release(hold).AsTask()).ConfigureAwait(false)) == true;

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, there is no answer.")]
    private async Task<bool?> TryOnce(Func<Task<bool>> release)
    {
        try
        {
            return await release().WaitAsync(ReleasePatience, time, reachability.Closed).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
            return null;
        }
    }

    private static string FirstOf(TagId[] tags) => tags.MinBy(static tag => tag.Scoped, StringComparer.Ordinal).Scoped;
}
