using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Doors;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Cluster;

/// <summary>
/// The calls to the cluster's grains, with their patience: reads give up soon, since their factories can serve them; writes and updates go on
/// until their time-out, since every attempt is whole and repeating one is harmless.
/// </summary>
/// <remarks>Thread-safe. A fault of a call is never a fault of the caller's data: the grains answer those as outcomes.</remarks>
internal sealed partial class ClusterCalls(IGrainFactory grains, IEntryGrains entries, SiloDoors doors, TimeProvider time, ILogger<ClusterCalls> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a question is asked within its patience: each time through the next gateway.</summary>
    private const int ReadAttempts = 3;

    /// <summary>What is left to ask an entry's grain when its silo's door has used up the time.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(30);

    /// <summary>No attempt of an update waits longer: a call through a gateway that was lost is lost without a word.</summary>
    private static readonly TimeSpan TagAttemptPatience = TimeSpan.FromSeconds(3);

    /// <summary>Longer for sets, whose second attempt gives the value up.</summary>
    private static readonly TimeSpan KeyAttemptPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long an unreachable cluster is left alone before one read tries it again.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    /// <summary>So many failures without an answer in between mean the cluster, not one of its silos.</summary>
    private const int FailuresOfACluster = 5;

    private int _failures;
    private int _isUnreachable;
    private long _nextProbe;

    /// <summary>
    /// Asks an entry, through another gateway if the answer does not come. Null if the cluster could not be reached in that time: the caller's
    /// factory serves. After a value it may go on in a thread that has others to serve: whoever lets users' code run next yields first.
    /// </summary>
    public async ValueTask<Acquired?> TryAcquire(string scopedKey, AcquireRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!MayTry())
        {
            return null;
        }

        // Every attempt is the same question: should its answer be lost with a token, the next one brings the same token.
        var question = request with { Asker = request.MayGenerate ? Askers.Next() : Guid.Empty };
        var attempts = new List<Task<Acquired?>>(1);
        try
        {
            var begun = time.Now();
            if (request.Wait == TimeSpan.Zero && await TryDoor(scopedKey, question, patience / ReadAttempts, attempts) is { } found)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Reached();
                return found;
            }

            var left = patience - (time.Now() - begun);
            patience = left > LeastPatience ? left : LeastPatience;
            var last = attempts.Count + ReadAttempts;
            while (true)
            {
                try
                {
                    // Inside: a client that has never connected does not even know the grain's interface.
                    attempts.Add(entries[scopedKey].Acquire(question).AsTask()!);
                    var answer = (await attempts[^1].WaitAsync((patience / ReadAttempts) + request.Wait, time, cancellationToken))!;
                    cancellationToken.ThrowIfCancellationRequested();
                    Reached();
                    GiveBackOthers(scopedKey, attempts, answer.Token);
                    return answer;
                }
                catch (Exception exception) when (attempts.Count > last - ReadAttempts && attempts.Count < last && !cancellationToken.IsCancellationRequested)
                {
                    LogCallFailed(exception);
                }
            }
        }
        catch (Exception exception)
        {
            GiveBackOthers(scopedKey, attempts, GenerationId.None);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            NotReached(exception);
            return null;
        }
    }

    /// <summary>Asks at the door of the silo that the entry belongs to, with others. Null if there is no answer this way.</summary>
    private async ValueTask<Acquired?> TryDoor(string scopedKey, AcquireRequest request, TimeSpan patience, List<Task<Acquired?>> attempts)
    {
        if (doors.Find(scopedKey) is not { } door)
        {
            return null;
        }

        var asking = door.Acquire(new(scopedKey, request.MayGenerate, request.FreshOnly, request.Asker), request.Sessions);
        try
        {
            // Whoever has more patience than any answer takes needs no timer of his own.
            var answer = await (patience < SiloDoorway.LongestAnswer ? asking.Answer.WaitAsync(patience, time) : asking.Answer);
            if (answer?.Status == AcquireStatus.Fresh)
            {
                return answer;
            }

            // The others of the message are not to wait for what comes next.
            await Task.Yield();
            if (answer is { Token.IsNone: false })
            {
                attempts.Add(asking.Answer);
            }

            if (answer?.Status == AcquireStatus.Moved)
            {
                doors.Doubt();
                return null;
            }

            return answer;
        }
        catch (Exception exception)
        {
            await Task.Yield();
            attempts.Add(asking.Whenever());
            doors.Doubt();
            LogCallFailed(exception);
            return null;
        }
    }

    /// <summary>Offers a generated value. Null if the cluster could not be reached: it counts as not stored.</summary>
    public async ValueTask<CommitOutcome?> TryCommit(string scopedKey, GenerationId token, EntryData data, SessionId[]? sessions = null)
    {
        try
        {
            if (doors.Find(scopedKey) is { } door)
            {
                var outcome = await door.Commit(new(scopedKey, token, data), sessions);

                // The others of the message are not to wait for what comes next.
                await Task.Yield();
                if (outcome is not null)
                {
                    return outcome;
                }
            }
        }
        catch (Exception exception)
        {
            await Task.Yield();
            LogCallFailed(exception);
        }

        try
        {
            // Once more is safe: a token is taken once. Unknown then means that it may have been stored.
            return await entries[scopedKey].Commit(token, data, sessions);
        }
        catch (Exception exception)
        {
            LogCallFailed(exception);
            return null;
        }
    }

    /// <summary>The first trip of a plain set whose value is yet to be made. None if the silo may not give it, or the cluster could not be reached.</summary>
    public async Task<GenerationId> TryBeginSet(string scopedKey, TimeSpan patience)
    {
        if (!MayTry())
        {
            return GenerationId.None;
        }

        try
        {
            var token = await entries[scopedKey].BeginSet().AsTask().WaitAsync(patience, time);
            Reached();
            return token;
        }
        catch (Exception exception)
        {
            NotReached(exception);
            return GenerationId.None;
        }
    }

    /// <summary>The second trip, with a value that was made after the first. Null if the cluster could not be reached.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">From the first.</param>
    /// <param name="data">The value.</param>
    /// <param name="age">How long before the first trip's answer it was made, or more.</param>
    /// <param name="patience">How long it is waited for.</param>
    public async Task<SetOutcome?> TrySet(string scopedKey, GenerationId token, EntryData data, TimeSpan age, TimeSpan patience)
    {
        try
        {
            return await entries[scopedKey].Set(token, data, age).AsTask().WaitAsync(patience, time);
        }
        catch (Exception exception)
        {
            LogCallFailed(exception);
            return null;
        }
    }

    /// <summary>Gives a token back. False if it was not the current one, or the cluster could not be reached: then its lease ends by itself.</summary>
    public async Task<bool> TryAbandon(string scopedKey, GenerationId token)
    {
        try
        {
            return await entries[scopedKey].Abandon(token);
        }
        catch (Exception exception)
        {
            LogCallFailed(exception);
            return false;
        }
    }

    /// <summary>Asks for a value past its life, for need. Null if there is none that may be served, or the cluster could not be reached.</summary>
    public async Task<EntrySnapshot?> TryFallBack(string scopedKey, GenerationId token, bool isOver)
    {
        try
        {
            return await entries[scopedKey].FallBack(token, isOver);
        }
        catch (Exception exception)
        {
            LogCallFailed(exception);
            return null;
        }
    }

    /// <summary>Has a loader run in some process that offers it.</summary>
    /// <exception cref="TagCacheException">No process offers it, it failed, or the cluster could not be reached.</exception>
    public async Task<EntryData> Load(string scopedLoader, LoadRequest request, CancellationToken cancellationToken)
    {
        LoadOutcome outcome;
        try
        {
            outcome = await grains.GetGrain<ILoaderGrain>(scopedLoader).Load(request).AsTask().WaitAsync(request.Limit, time, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TagCacheUnavailableException("The process that runs the loader did not answer.", exception);
        }

        return outcome.Status switch
        {
            LoadStatus.Loaded => outcome.Entry!,
            LoadStatus.NoRunner => throw new TagCacheException("No process of the cluster offers that loader. Add it with AddLoader to a silo or a client that is running."),
            _ => throw new TagCacheException($"The loader failed in the process that runs it. {outcome.Fault}"),
        };
    }

    /// <summary>
    /// Both trips of a plain set, tried once. Its value counts as made when this was called, and its age goes with it; a second token would make
    /// an old value look newer than a set in between. So should anything go wrong, the key is removed instead, again and again until no process serves an
    /// earlier value: then the value counts as superseded.
    /// </summary>
    public Task<CommitOutcome> Set(string scopedKey, EntryData data, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var madeAt = time.Now();
        var isFirst = true;
        return Persist<CommitOutcome>("set", timeout, KeyAttemptPatience, Attempt, cancellationToken);

        async Task<(CommitOutcome? Done, string? Reason)> Attempt(CancellationToken givenUp)
        {
            var entry = entries[scopedKey];
            if (!isFirst)
            {
                var (removed, why) = Decide(await entry.Remove());
                return (removed is null ? null : CommitOutcome.Superseded, why);
            }

            isFirst = false;
            var token = await entry.BeginSet();
            if (token.IsNone)
            {
                return (null, "The silo that hosts the entry has no valid serving lease.");
            }

            if (givenUp.IsCancellationRequested)
            {
                // The token may be newer than a set or a removal that the caller has made since.
                return (null, "The first trip came too late.");
            }

            var outcome = await entry.Set(token, data, time.Now() - madeAt);
            return outcome.Commit.Status == CommitStatus.Refused || (outcome.Update.IsComplete && IsDecided(outcome.Commit.Status))
                ? (outcome.Commit, null)
                : (null, outcome.Update.Reason ?? $"The value was not stored: {outcome.Commit.Status}.");
        }

        // Superseded is a success: the set came first, the update that overtook it second.
        static bool IsDecided(CommitStatus status) => status is CommitStatus.Stored or CommitStatus.Superseded;
    }

    public Task<ChangeOutcome> Remove(string scopedKey, TimeSpan timeout, CancellationToken cancellationToken) =>
        Persist("removal", timeout, KeyAttemptPatience, async _ => Decide(await entries[scopedKey].Remove()), cancellationToken);

    /// <summary>Updates or revalidates tags, through the door of the first of them.</summary>
    public Task<ChangeOutcome> Change(ChangeRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var door = request.Tags.MinBy(tag => tag.Scoped, StringComparer.Ordinal).Scoped;
        var what = request.StaleFor is null ? "update" : "revalidation";
        var asker = Guid.NewGuid();
        var isFirst = true;
        return Persist(what, timeout, TagAttemptPatience, async _ => Decide(await Attempt()), cancellationToken);

        async Task<ChangeOutcome> Attempt()
        {
            // Once: a gateway that lost the first attempt must not get the second.
            var there = isFirst ? doors.Find(door) : null;
            isFirst = false;
            return (there is null ? null : await there.Change(door, request, asker)) ?? await grains.GetGrain<ITagGrain>(door).Change(request, asker);
        }
    }

    public ValueTask<EntryDescription?> Describe(string scopedKey) => entries[scopedKey].Describe();

    public ITagGrain Tag(TagId tag) => grains.GetGrain<ITagGrain>(tag.Scoped);

    private static (ChangeOutcome? Done, string? Reason) Decide(ChangeOutcome outcome) =>
        outcome.IsComplete ? (outcome, null) : (null, outcome.Reason);

    private async Task<T> Persist<T>(
        string what, TimeSpan timeout, TimeSpan attemptPatience, Func<CancellationToken, Task<(T? Done, string? Reason)>> attempt, CancellationToken cancellationToken)
        where T : class
    {
        var until = time.Now() + timeout;
        var pause = FirstPause;
        var hasAnswered = false;
        while (true)
        {
            string? reason;
            Exception? fault = null;
            using var givenUp = new CancellationTokenSource();
            try
            {
                var left = until - time.Now();
                var patience = left < attemptPatience ? left : attemptPatience;
                (var done, reason) = await attempt(givenUp.Token).WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.FromMilliseconds(1), time, cancellationToken);
                hasAnswered = true;
                if (done is not null)
                {
                    Reached();
                    return done;
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                (reason, fault) = ("The cluster did not answer.", exception);
                LogCallFailed(exception);
            }
            finally
            {
                // An attempt that nobody waits for any more must not begin anything.
                await givenUp.CancelAsync();
            }

            if (time.Now() + pause >= until)
            {
                throw hasAnswered || fault is TimeoutException
                    ? new TagUpdateIncompleteException($"The {what} was not confirmed by every process within {timeout}. It may or may not have happened; retrying is safe. {reason}", fault)
                    : new TagCacheUnavailableException($"The cluster could not be reached within {timeout} for the {what}.", fault);
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Answers that nobody waits for any more may carry the key's one token.</summary>
    private void GiveBackOthers(string scopedKey, List<Task<Acquired?>> attempts, GenerationId used)
    {
        foreach (var attempt in attempts)
        {
            if (!attempt.IsCompletedSuccessfully || attempt.Result?.Token != used)
            {
                _ = GiveBack(scopedKey, attempt, used);
            }
        }
    }

    private async Task GiveBack(string scopedKey, Task<Acquired?> call, GenerationId used)
    {
        try
        {
            if (await call is { Token.IsNone: false } answer && answer.Token != used)
            {
                await TryAbandon(scopedKey, answer.Token);
            }
        }
        catch (Exception exception)
        {
            LogCallFailed(exception);
        }
    }

    private bool MayTry()
    {
        if (Volatile.Read(ref _isUnreachable) == 0)
        {
            return true;
        }

        var probe = Volatile.Read(ref _nextProbe);
        var now = time.Now();
        return now.Ticks >= probe && Interlocked.CompareExchange(ref _nextProbe, (now + ProbePeriod).Ticks, probe) == probe;
    }

    private void Reached()
    {
        if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }

        if (Volatile.Read(ref _isUnreachable) != 0 && Interlocked.Exchange(ref _isUnreachable, 0) != 0)
        {
            LogReachable();
        }
    }

    private void NotReached(Exception exception)
    {
        LogCallFailed(exception);
        if (Interlocked.Increment(ref _failures) < FailuresOfACluster)
        {
            return;
        }

        Volatile.Write(ref _nextProbe, (time.Now() + ProbePeriod).Ticks);
        if (Interlocked.Exchange(ref _isUnreachable, 1) == 0)
        {
            LogUnreachable(exception.GetType().Name);
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "The cache cluster cannot be reached ({Fault}); factories run and nothing is stored until it can")]
    private partial void LogUnreachable(string fault);

    [LoggerMessage(2102, LogLevel.Information, "The cache cluster can be reached again")]
    private partial void LogReachable();

    [LoggerMessage(2103, LogLevel.Debug, "A call to the cache cluster failed")]
    private partial void LogCallFailed(Exception exception);
}
