using Microsoft.Extensions.Logging;
using OrleansTagCache.Adapters;
using OrleansTagCache.Cluster;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Hosting;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Near;

namespace OrleansTagCache.Flights;

/// <summary>Flies: asks the cluster, runs the factory under a token, commits, and tells those who wait what they may take.</summary>
internal sealed partial class FlightRunner(
    FlightTable table,
    EntryCalls calls,
    NearCache near,
    BackgroundRefreshes refreshes,
    ClientMetrics metrics,
    UncacheableKeys uncacheable,
    TagCacheClientOptions options,
    TimeProvider time,
    LogOnce once,
    ILogger<FlightRunner> logger)
{
    private const string Busy = "busy";
    private const string Unwanted = "unwanted";

    /// <summary>How long one question waits for another process's generation before it is asked again.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    /// <summary>Leads a flight to its end. Never throws: what went wrong is in the result.</summary>
    /// <param name="key">What it is for.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="generation">How the entry is made.</param>
    /// <param name="mayKeep">Whether what it brings may be kept near.</param>
    /// <param name="isBehind">Whether its reader has a stale value already: then it waits for nothing, and makes nothing that would not be stored.</param>
    public async Task Run(FlightKey key, Flight flight, IGeneration generation, bool mayKeep, bool isBehind = false)
    {
        // Counted from here also for those who wait for the flight before.
        var until = time.Now() + options.WaitTimeout;
        try
        {
            if (flight.Previous is { } previous)
            {
                await previous.Late;
            }

            switch (key.Access)
            {
                case Access.Refill:
                    await Refill(key, flight, generation);
                    break;
                case Access.Uncached when table.TryEnter(flight, FlightPhase.Asking):
                    await Bypass(key, flight, Unwanted, generation);
                    break;
                default:
                    await Ask(key, flight, generation, mayKeep, isBehind, until);
                    break;
            }
        }
        catch (OperationCanceledException) when (flight.Cancellation.IsCancellationRequested)
        {
            table.End(key, flight, FlightResult.AskAgain, FlightResult.AskAgain);
        }
        catch (Exception exception)
        {
            table.End(key, flight, new(null, exception), FlightResult.AskAgain);
        }
    }

    private async Task Ask(FlightKey key, Flight flight, IGeneration generation, bool mayKeep, bool isBehind, Moment until)
    {
        // The first question does not wait: a silo that answers it is alive, and worth the wait.
        var wait = TimeSpan.Zero;
        while (table.TryEnter(flight, FlightPhase.Asking))
        {
            var ask = near.Ask(mayKeep);
            var request = new AcquireRequest(MayGenerate: key.Access == Access.Cached, key.FreshOnly, wait, ask.Sessions);
            var answer = await calls.TryAcquire(key.ScopedKey, request, options.ReadTimeout, flight.Cancellation.Token);
            switch (answer?.Status)
            {
                case AcquireStatus.Fresh or AcquireStatus.Stale:
                    if (!isBehind)
                    {
                        metrics.OnRead(answer.Status == AcquireStatus.Fresh ? "hit" : "stale");
                    }

                    Found(key, flight, answer, ask, generation);
                    return;
                case AcquireStatus.Miss when isBehind:
                    // Expired since: whoever needs it makes it.
                    near.Hear(answer.Near, ask);
                    await calls.TryAbandon(key.ScopedKey, answer.Token);
                    table.End(key, flight, FlightResult.AskAgain, FlightResult.AskAgain);
                    return;
                case AcquireStatus.Miss when key.Access == Access.Unstored:
                    near.Hear(answer.Near, ask);
                    await Bypass(key, flight, Unwanted, generation);
                    return;
                case AcquireStatus.Miss:
                    near.Hear(answer.Near, ask);
                    await GenerateUnderToken(key, flight, answer, ask, generation);
                    return;
                case null or AcquireStatus.Busy or AcquireStatus.NotForStoring or AcquireStatus.NotServing when isBehind:
                    table.End(key, flight, FlightResult.AskAgain, FlightResult.AskAgain);
                    return;
                case AcquireStatus.Busy when until - time.Now() is var left && left > TimeSpan.Zero && !uncacheable.Contains(key.ScopedKey):
                    wait = left < Wait ? left : Wait;
                    continue;
                case AcquireStatus.Busy:
                    await Bypass(key, flight, Busy, generation);
                    return;
                case AcquireStatus.NotForStoring:
                    uncacheable.Add(key.ScopedKey);
                    await Bypass(key, flight, Unwanted, generation);
                    return;
                default:
                    await Bypass(key, flight, answer is null ? "unreachable" : "not_serving", generation);
                    return;
            }
        }
    }

    private void Found(FlightKey key, Flight flight, Acquired answer, NearAsk ask, IGeneration generation)
    {
        if (answer.Status == AcquireStatus.Fresh)
        {
            near.KeepCopy(key.Key, key.ScopedKey, answer.Entry!, answer.Near, ask);
        }
        else
        {
            near.Hear(answer.Near, ask);
        }

        table.End(key, flight, new(answer.Entry, null), FlightResult.AskAgain);
        if (!answer.Token.IsNone)
        {
            Refresh(key, answer, ask, generation);
        }
    }

    private async Task GenerateUnderToken(FlightKey key, Flight flight, Acquired answer, NearAsk ask, IGeneration generation)
    {
        metrics.OnRead("generated");
        table.TryEnter(flight, FlightPhase.Generating);

        // What is made from a value past its life would look younger than it is: inside a factory there is none.
        var hasSpare = generation.HasFailSafe && !key.FreshOnly;
        var making = Factories.Run(generation, answer.Entry, time, flight.Cancellation.Token);
        if (hasSpare && generation.SoftTimeout is { } soft && await InsteadOf(making, soft, key, answer) is { } early)
        {
            table.End(key, flight, new(early, null), FlightResult.AskAgain);
            refreshes.GoOn(token => GoOn(key, flight, answer, ask, making, token));
            return;
        }

        Generated? made;
        try
        {
            made = await making;
        }
        catch (Exception exception)
        {
            if (hasSpare && !flight.Cancellation.IsCancellationRequested && await FallBack(key, answer.Token, isOver: true) is { } spare)
            {
                LogServedInNeed(exception);
                table.End(key, flight, new(spare, null), FlightResult.AskAgain);
                return;
            }

            await calls.TryAbandon(key.ScopedKey, answer.Token);
            throw;
        }

        // From here on nobody may join: what the cluster says of the value may be older than they are.
        table.TryEnter(flight, FlightPhase.Closing);
        var isLive = await TryStore(key, answer.Token, made, ask);
        var result = new FlightResult(made?.ToSnapshot(), null);
        table.End(key, flight, result, isLive ? result : FlightResult.AskAgain);
    }

    /// <summary>What a reader gets that has waited long enough for its factory; null if that has ended, or there is nothing.</summary>
    private async Task<EntrySnapshot?> InsteadOf(Task making, TimeSpan soft, FlightKey key, Acquired answer)
    {
        using var isMade = new CancellationTokenSource();
        await Task.WhenAny(making, Task.Delay(soft, time, isMade.Token));
        await isMade.CancelAsync();
        if (making.IsCompleted)
        {
            return null;
        }

        var spare = FallBack(key, answer.Token, isOver: false);
        return await Task.WhenAny(spare, making) == spare ? await spare : null;
    }

    private async Task<EntrySnapshot?> FallBack(FlightKey key, GenerationId token, bool isOver)
    {
        var spare = await calls.TryFallBack(key.ScopedKey, token, isOver);
        if (spare is not null)
        {
            metrics.OnRead("fail_safe");
        }

        return spare;
    }

    /// <summary>The reader did not wait for its factory; what that makes is stored all the same.</summary>
    private async Task GoOn(FlightKey key, Flight flight, Acquired answer, NearAsk ask, Task<Generated?> making, CancellationToken givenUp)
    {
        using var giving = givenUp.UnsafeRegister(static cancellation => ((CancellationTokenSource)cancellation!).Cancel(), flight.Cancellation);
        try
        {
            metrics.OnRefresh(await TryStore(key, answer.Token, await making, ask) ? "stored" : "not_stored");
        }
        catch (Exception exception)
        {
            RefreshFailed(exception);
            await calls.TryFallBack(key.ScopedKey, answer.Token, isOver: true);
        }
    }

    /// <summary>Makes the entry, whatever is stored, as a plain set whose token was taken before the factory began: what is updated meanwhile supersedes it.</summary>
    private async Task Refill(FlightKey key, Flight flight, IGeneration generation)
    {
        table.TryEnter(flight, FlightPhase.Asking);
        var token = await calls.TryBeginSet(key.ScopedKey, options.ReadTimeout);
        metrics.OnRead("generated");
        table.TryEnter(flight, FlightPhase.Generating);
        var made = await Factories.Run(generation, stale: null, time, flight.Cancellation.Token);
        table.TryEnter(flight, FlightPhase.Closing);
        var isLive = await TryRefill(key, token, made);
        var result = new FlightResult(made?.ToSnapshot(), null);
        table.End(key, flight, result, isLive ? result : FlightResult.AskAgain);
    }

    private async Task<bool> TryRefill(FlightKey key, GenerationId token, Generated? made)
    {
        if (IsUnfit(key, made))
        {
            return false;
        }

        var outcome = token.IsNone ? null : await calls.TrySet(key.ScopedKey, token, made!.Entry, TimeSpan.Zero, options.ReadTimeout);
        if (outcome?.Commit.Status != CommitStatus.Stored)
        {
            metrics.OnNotStored(outcome?.Commit.Status.ToString() ?? "unreachable");
        }

        return outcome is { Commit: { Status: CommitStatus.Stored, IsStale: false }, Update.IsComplete: true };
    }

    /// <summary>The cluster cannot vouch for anything, or is not to be asked: the factory runs for those who came before it began, and nothing is stored.</summary>
    private async Task Bypass(FlightKey key, Flight flight, string reason, IGeneration generation)
    {
        // Somebody else's generation goes on and on; should there be a value for need, nobody has to ask the source as well.
        if (reason == Busy && generation.HasFailSafe && !key.FreshOnly && await FallBack(key, GenerationId.None, isOver: false) is { } spare)
        {
            table.End(key, flight, new(spare, null), FlightResult.AskAgain);
            return;
        }

        metrics.OnRead("bypass");
        metrics.OnBypass(reason);
        var made = await Factories.Run(generation, stale: null, time, flight.Cancellation.Token);
        table.End(key, flight, new(made?.ToSnapshot(), null), FlightResult.AskAgain);
    }

    /// <summary>Refreshes a stale entry behind its reader's back. A failure leaves it stale; the next reader tries again.</summary>
    private void Refresh(FlightKey key, Acquired answer, NearAsk ask, IGeneration generation) => refreshes.Start(
        async token =>
        {
            try
            {
                var made = await Factories.Run(generation, answer.Entry, time, token);
                metrics.OnRefresh(await TryStore(key, answer.Token, made, ask) ? "stored" : "not_stored");
            }
            catch (Exception exception)
            {
                RefreshFailed(exception);
                await calls.TryAbandon(key.ScopedKey, answer.Token);
            }
        },
        () =>
        {
            metrics.OnRefresh("no_turn");
            return calls.TryAbandon(key.ScopedKey, answer.Token);
        });

    private void RefreshFailed(Exception exception)
    {
        metrics.OnRefresh("failed");
        if (!refreshes.Stopping.IsCancellationRequested)
        {
            LogRefreshFailed(exception);
        }
    }

    /// <summary>Commits a generated value, and keeps it near. True if those who joined may take it: the cluster found it live.</summary>
    private async Task<bool> TryStore(FlightKey key, GenerationId token, Generated? made, NearAsk ask)
    {
        if (IsUnfit(key, made))
        {
            await calls.TryAbandon(key.ScopedKey, token, isForStoring: false);
            return false;
        }

        // The stamp and the time are those from before the generation; the session may have been opened since.
        var commit = near.Again(ask);
        var outcome = await calls.TryCommit(key.ScopedKey, token, made!.Entry, commit.Sessions);
        if (outcome?.Status != CommitStatus.Stored)
        {
            metrics.OnNotStored(outcome?.Status.ToString() ?? "unreachable");
        }

        if (outcome is { Status: CommitStatus.Refused } && once.IsNew(outcome.Fault!))
        {
            LogNotStored(outcome.Fault!);
        }

        if (outcome?.Status != CommitStatus.Stored)
        {
            return false;
        }

        if (!outcome.IsStale && !made.IsFar)
        {
            near.KeepGenerated(key.Key, key.ScopedKey, made.Entry, outcome.Near, commit);
        }

        // Who takes no stale values takes none of these either.
        return !outcome.IsStale || !key.FreshOnly;
    }

    /// <summary>Whether it must not be stored, or its maker does not want it to be.</summary>
    private bool IsUnfit(FlightKey key, Generated? made)
    {
        if (made is { IsUnwanted: false, WhyNotStored: null })
        {
            uncacheable.Remove(key.ScopedKey);
            return false;
        }

        // Whoever waits for it would wait for nothing, and then the next.
        uncacheable.Add(key.ScopedKey);
        if (made is { IsUnwanted: true })
        {
            return true;
        }

        metrics.OnNotStored("unfit");
        if (made?.WhyNotStored is { } why && once.IsNew(why))
        {
            LogNotStored(why);
        }

        return true;
    }

    [LoggerMessage(2201, LogLevel.Warning, "A generated value was returned to its reader but not stored. {Why}")]
    private partial void LogNotStored(string why);

    [LoggerMessage(2203, LogLevel.Warning, "A factory failed, and its reader got the value that is kept for this case")]
    private partial void LogServedInNeed(Exception exception);

    [LoggerMessage(2202, LogLevel.Warning, "Refreshing a stale entry in the background failed; the stale value stays until its deadline")]
    private partial void LogRefreshFailed(Exception exception);
}
