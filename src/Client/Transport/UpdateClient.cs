using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;

namespace OrleansTagCache.Transport;

/// <summary>
/// Sets, removals, updates and revalidations: what must have happened everywhere when the call has returned. They go on until their time-out, since every attempt
/// is whole and repeating one is harmless; but not while this process is not connected, nor after it has stopped.
/// </summary>
/// <remarks>Thread-safe. A fault of a call is never a fault of the caller's data: the grains answer those as outcomes.</remarks>
internal sealed class UpdateClient(IGrainFactory grains, IEntryGrains entries, SiloEndpoints endpoints, Reachability reachability, CacheListeners listeners, TagCacheClientOptions options, TimeProvider time)
{
    private readonly EntryRoute _route = new(entries, endpoints, time);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>No attempt of an update waits longer: a call through a gateway that was lost is lost without a word.</summary>
    private static readonly TimeSpan TagAttemptPatience = TimeSpan.FromSeconds(3);

    /// <summary>Longer for sets, whose second attempt gives the value up.</summary>
    private static readonly TimeSpan KeyAttemptPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Both trips of a plain set, tried once. Its value counts as made at the moment that is given, and its age goes with it; a second token would make
    /// an old value look newer than a set in between. So should anything go wrong, the key is removed instead, again and again until no process serves an
    /// earlier value: then the value counts as superseded.
    /// </summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="data">The value.</param>
    /// <param name="madeAt">When the caller's call began, before anything was done for it: what is updated since then supersedes the value.</param>
    /// <param name="timeout">How long it is tried.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="judge">Of a value that was made after a sealed moment, <paramref name="madeAt"/>: what is known of the time since, asked when the first trip was answered; null if the value is superseded.</param>
    public Task<CommitOutcome> Set(string scopedKey, EntryData data, Moment madeAt, TimeSpan timeout, CancellationToken cancellationToken, Func<EntryData, SinceVerdict?>? judge = null)
    {
        var isFirst = true;
        return Heard(
            TagCacheEventKinds.Set,
            scopedKey,
            () => Traced(CacheActivities.Set, tags: null, () => Persist<CommitOutcome>("set", timeout, KeyAttemptPatience, Attempt, cancellationToken)),
            outcome => outcome.ToOutcome());

        async Task<(CommitOutcome? Done, string? Reason, Unacknowledged[]? Waiting)> Attempt(CancellationToken givenUp)
        {
            if (!isFirst)
            {
                var (removed, why, waiting) = Decide(await _route.Remove(scopedKey, isFirst: false).ConfigureAwait(false));
                return (removed is null ? null : CommitOutcome.Superseded, why, waiting);
            }

            // Nothing has happened while a sealed moment has not been judged: that may be tried again.
            isFirst = judge is not null;
            var sentAt = time.Now();
            var token = await _route.BeginSet(scopedKey, givenUp).ConfigureAwait(false);
            if (token.IsNone)
            {
                return (null, "The silo that hosts the entry has no valid serving lease.", null);
            }

            if (givenUp.IsCancellationRequested)
            {
                // The token may be newer than a set or a removal that the caller has made since.
                return (null, "The first trip came too late.", null);
            }

            var verdict = judge?.Invoke(data);
            if (judge is not null && verdict is null)
            {
                return (CommitOutcome.Superseded, null, null);
            }

            isFirst = false;
            var since = verdict is null ? null : new SetSince(verdict.IsKeyChanged, sentAt - madeAt, verdict.Remembered);
            var outcome = await _route.Set(scopedKey, token, verdict?.Data ?? data, madeAt, since).ConfigureAwait(false);
            return outcome.Commit.Status == CommitStatus.Refused || (outcome.Update.IsComplete && IsDecided(outcome.Commit.Status))
                ? (outcome.Commit, null, null)
                : (null, outcome.Update.Reason ?? $"The value was not stored: {outcome.Commit.Status}.", outcome.Update.Waiting);
        }

        // Superseded is a success: the set came first, the update that overtook it second.
        static bool IsDecided(CommitStatus status) => status is CommitStatus.Stored or CommitStatus.Superseded;
    }

    public Task<UpdateOutcome> Remove(string scopedKey, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var isFirst = true;
        return Heard(
            TagCacheEventKinds.Removed,
            scopedKey,
            () => Traced(
                CacheActivities.Remove,
                tags: null,
                () => Persist("removal", timeout, KeyAttemptPatience, async _ => Decide(await Attempt().ConfigureAwait(false)), cancellationToken)),
            _ => Outcome.Complete);

        Task<UpdateOutcome> Attempt()
        {
            var wasFirst = isFirst;
            isFirst = false;
            return _route.Remove(scopedKey, wasFirst);
        }
    }

    /// <summary>Updates or revalidates tags, through the silo of the first of them, or else through its grain.</summary>
    public Task<UpdateOutcome> Update(UpdateRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var first = request.Tags.MinBy(tag => tag.Scoped, StringComparer.Ordinal).Scoped;
        var what = request.StaleFor is null ? "update" : "revalidation";
        var requestId = Guid.NewGuid();
        var isFirst = true;
        return Heard(
            request.StaleFor is null ? TagCacheEventKinds.Updated : TagCacheEventKinds.Revalidated,
            request,
            () => Traced(
                CacheActivities.Update,
                request.Tags,
                () => Persist(what, timeout, TagAttemptPatience, async _ => Decide(await Attempt().ConfigureAwait(false)), cancellationToken)));

        // A silo that knows no updates of all of several tags, and none that are remembered, has no such method, and takes none for something else.
        ValueTask<UpdateOutcome> Through(ITagGrain tag, UpdateRequest traced) => traced.IsUnknownToOlder ? tag.UpdateAll(traced, requestId) : tag.Update(traced, requestId);

        async Task<UpdateOutcome> Attempt()
        {
            var traced = Tracing.Parent is { } parent ? request with { Traces = [parent] } : request;

            // Once: a gateway that lost the first attempt must not get the second.
            var there = isFirst ? endpoints.Find(first) : null;
            isFirst = false;
            return (there is null ? null : await there.Update(first, traced, requestId).ConfigureAwait(false)) ?? await Through(grains.GetGrain<ITagGrain>(first), traced).ConfigureAwait(false);
        }
    }

    public ITagGrain Tag(TagId tag) => grains.GetGrain<ITagGrain>(tag.Scoped);

    private static (UpdateOutcome? Done, string? Reason, Unacknowledged[]? Waiting) Decide(UpdateOutcome outcome) =>
        outcome.IsComplete ? (outcome, null, null) : (null, outcome.Reason, outcome.Waiting);

    /// <summary>Tells listeners how the change of an entry has ended.</summary>
    private Task<T> Heard<T>(TagCacheEventKinds kind, string scopedKey, Func<Task<T>> work, Func<T, Outcome> outcomeOf) => listeners.Hear(kind)
        ? Heard(work, outcomeOf, (outcome, elapsed, exception) => listeners.OnEntry(kind, scopedKey, outcome, elapsed, exception))
        : work();

    /// <summary>Tells listeners how the change of tags has ended.</summary>
    private Task<UpdateOutcome> Heard(TagCacheEventKinds kind, UpdateRequest request, Func<Task<UpdateOutcome>> work) => listeners.Hear(kind)
        ? Heard(work, _ => Outcome.Complete, (outcome, elapsed, exception) => listeners.OnTags(kind, request.Tags, outcome, elapsed, exception, request.Match))
        : work();

    private async Task<T> Heard<T>(Func<Task<T>> work, Func<T, Outcome> outcomeOf, Action<Outcome, TimeSpan, Exception?> tell)
    {
        var begunAt = time.Now();
        try
        {
            var done = await work().ConfigureAwait(false);
            tell(outcomeOf(done), time.Now() - begunAt, null);
            return done;
        }
        catch (Exception exception)
        {
            tell(Outcome.Failed, time.Now() - begunAt, exception);
            throw;
        }
    }

    private Task<T> Traced<T>(string name, TagId[]? tags, Func<Task<T>> work) => Tracing.Run(name, tags, options.IncludeTagsInTraces, work);

    private async Task<T> Persist<T>(
        string what, TimeSpan timeout, TimeSpan attemptPatience, Func<CancellationToken, Task<(T? Done, string? Reason, Unacknowledged[]? Waiting)>> attempt, CancellationToken cancellationToken)
        where T : class
    {
        if (reachability.WhyNot(what) is { } notConnected)
        {
            throw notConnected;
        }

        using var wait = new CallWait(what, timeout, reachability, endpoints, time);
        var until = time.Now() + timeout;
        var pause = FirstPause;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, reachability.Closed);
        while (true)
        {
            string? reason;
            Exception? fault = null;
            using var givenUp = new CancellationTokenSource();
            try
            {
                var left = until - time.Now();
                var patience = left < attemptPatience ? left : attemptPatience;
                wait.Tries();
                (var done, reason, var waiting) = await attempt(givenUp.Token).WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.FromMilliseconds(1), time, either.Token).ConfigureAwait(false);
                wait.Answered(waiting);
                if (done is not null)
                {
                    reachability.Reached();
                    return done;
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                (reason, fault) = ("The cluster did not answer.", exception);
                reachability.Failed(exception);
            }
            finally
            {
                // An attempt that no caller waits for any more must not begin anything.
                await givenUp.CancelAsync().ConfigureAwait(false);
            }

            if (reachability.Closed.IsCancellationRequested)
            {
                throw new TagUpdateIncompleteException($"This process stopped while the {what} was in progress. It may or may not have happened; retrying in another process is safe.", fault) { Code = CacheErrorCodes.Stopping, Report = wait.Report() };
            }

            if (time.Now() + pause >= until)
            {
                throw wait.Answers > 0 || fault is TimeoutException
                    ? new TagUpdateIncompleteException($"The {what} was not confirmed by every process within {timeout}. It may or may not have happened; retrying is safe. {reason}", fault) { Report = wait.Report() }
                    : new TagCacheUnavailableException($"The cluster could not be reached within {timeout} for the {what}.", fault) { Code = CacheErrorCodes.Unreachable, Report = wait.Report() };
            }

            await Task.Delay(pause, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
