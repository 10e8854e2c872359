using Microsoft.Extensions.Logging;
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
    ClusterCalls calls,
    NearCache near,
    BackgroundRefreshes refreshes,
    ClientMetrics metrics,
    TagCacheClientOptions options,
    TimeProvider time,
    ILogger<FlightRunner> logger)
{
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

            await Ask(key, flight, generation, mayKeep, isBehind, until);
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
            var request = new AcquireRequest(MayGenerate: true, key.FreshOnly, wait, ask.Sessions);
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
                case AcquireStatus.Miss:
                    near.Hear(answer.Near, ask);
                    await GenerateUnderToken(key, flight, answer, ask, generation);
                    return;
                case null or AcquireStatus.Busy or AcquireStatus.NotServing when isBehind:
                    table.End(key, flight, FlightResult.AskAgain, FlightResult.AskAgain);
                    return;
                case AcquireStatus.Busy when until - time.Now() is var left && left > TimeSpan.Zero:
                    wait = left < Wait ? left : Wait;
                    continue;
                case AcquireStatus.Busy:
                    await Bypass(key, flight, "busy", generation);
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
            near.KeepCopy(key.ScopedKey, answer.Entry!, answer.Near, ask);
        }
        else
        {
            near.Hear(answer.Near, ask);
        }

        table.End(key, flight, new(answer.Entry, null), FlightResult.AskAgain);
        if (!answer.Token.IsNone)
        {
            _ = Refresh(key, answer, ask, generation);
        }
    }

    private async Task GenerateUnderToken(FlightKey key, Flight flight, Acquired answer, NearAsk ask, IGeneration generation)
    {
        metrics.OnRead("generated");
        table.TryEnter(flight, FlightPhase.Generating);

        // What is made from a value past its life would look younger than it is: inside a factory there is none.
        var hasSpare = generation.HasFailSafe && !key.FreshOnly;
        var making = Make(generation, answer.Entry, flight.Cancellation.Token);
        if (hasSpare && generation.SoftTimeout is { } soft && await IsSlower(making, soft) && await FallBack(key, answer, isOver: false) is { } early)
        {
            table.End(key, flight, new(early, null), FlightResult.AskAgain);
            _ = GoOn(key, flight, answer, ask, making);
            return;
        }

        Generated? made;
        try
        {
            made = await making;
        }
        catch (Exception exception)
        {
            if (hasSpare && !flight.Cancellation.IsCancellationRequested && await FallBack(key, answer, isOver: true) is { } spare)
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

    /// <summary>Runs the factory within its hard limit.</summary>
    private async Task<Generated?> Make(IGeneration generation, EntrySnapshot? stale, CancellationToken cancellationToken)
    {
        if (generation.HardTimeout is not { } hard)
        {
            return await generation.Generate(stale, cancellationToken).WaitAsync(cancellationToken);
        }

        using var limit = new CancellationTokenSource(hard, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await generation.Generate(stale, either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The factory was cancelled: it ran longer than its FactoryHardTimeout of {hard}.", exception);
        }
    }

    private async Task<bool> IsSlower(Task making, TimeSpan soft)
    {
        using var isMade = new CancellationTokenSource();
        var first = await Task.WhenAny(making, Task.Delay(soft, time, isMade.Token));
        await isMade.CancelAsync();
        return first != making;
    }

    private async Task<EntrySnapshot?> FallBack(FlightKey key, Acquired answer, bool isOver)
    {
        var spare = await calls.TryFallBack(key.ScopedKey, answer.Token, isOver);
        if (spare is not null)
        {
            metrics.OnRead("fail_safe");
        }

        return spare;
    }

    /// <summary>The reader did not wait for its factory; what that makes is stored all the same.</summary>
    private async Task GoOn(FlightKey key, Flight flight, Acquired answer, NearAsk ask, Task<Generated?> making)
    {
        using var stopping = refreshes.Stopping.UnsafeRegister(static cancellation => ((CancellationTokenSource)cancellation!).Cancel(), flight.Cancellation);
        try
        {
            metrics.OnRefresh(await TryStore(key, answer.Token, await making, ask) ? "stored" : "not_stored");
        }
        catch (Exception exception)
        {
            metrics.OnRefresh("failed");
            LogRefreshFailed(exception);
            await calls.TryAbandon(key.ScopedKey, answer.Token);
        }
    }

    /// <summary>The cluster cannot vouch for anything: the factory runs for those who came before it began, and nothing is stored.</summary>
    private async Task Bypass(FlightKey key, Flight flight, string reason, IGeneration generation)
    {
        metrics.OnRead("bypass");
        metrics.OnBypass(reason);
        var made = await Make(generation, stale: null, flight.Cancellation.Token);
        table.End(key, flight, new(made?.ToSnapshot(), null), FlightResult.AskAgain);
    }

    /// <summary>Refreshes a stale entry behind its reader's back. A failure leaves it stale; the next reader tries again.</summary>
    private async Task Refresh(FlightKey key, Acquired answer, NearAsk ask, IGeneration generation)
    {
        // Off the reader's path, and at its own pace; a token that waits too long for its turn is refused when it comes back.
        await Task.Yield();
        try
        {
            await refreshes.Run(async token =>
            {
                var made = await Make(generation, answer.Entry, token);
                metrics.OnRefresh(await TryStore(key, answer.Token, made, ask) ? "stored" : "not_stored");
            });
        }
        catch (Exception exception)
        {
            metrics.OnRefresh("failed");
            LogRefreshFailed(exception);
            await calls.TryAbandon(key.ScopedKey, answer.Token);
        }
    }

    /// <summary>Commits a generated value, and keeps it near. True if those who joined may take it: the cluster found it live.</summary>
    private async Task<bool> TryStore(FlightKey key, GenerationId token, Generated? made, NearAsk ask)
    {
        var why = made is null ? "It cannot be serialized." : made.WhyNotStored;
        if (why is not null)
        {
            metrics.OnNotStored("unfit");
            LogNotStored(why);
            await calls.TryAbandon(key.ScopedKey, token);
            return false;
        }

        // The stamp and the time are those from before the generation; the session may have been opened since.
        var commit = near.Again(ask);
        var outcome = await calls.TryCommit(key.ScopedKey, token, made!.Entry, commit.Sessions);
        if (outcome is null)
        {
            // Should the commit not have arrived: others need not wait for the token's lease to end.
            _ = calls.TryAbandon(key.ScopedKey, token);
        }

        if (outcome?.Status != CommitStatus.Stored)
        {
            metrics.OnNotStored(outcome?.Status.ToString() ?? "unreachable");
        }

        if (outcome is { Status: CommitStatus.Refused })
        {
            LogNotStored(outcome.Fault!);
        }

        if (outcome?.Status != CommitStatus.Stored)
        {
            return false;
        }

        if (!outcome.IsStale)
        {
            near.KeepGenerated(key.ScopedKey, made.Entry, outcome.Near, commit);
        }

        // Who takes no stale values takes none of these either.
        return !outcome.IsStale || !key.FreshOnly;
    }

    [LoggerMessage(2201, LogLevel.Warning, "A generated value was returned to its reader but not stored. {Why}")]
    private partial void LogNotStored(string why);

    [LoggerMessage(2203, LogLevel.Warning, "A factory failed, and its reader got the value that is kept for this case")]
    private partial void LogServedInNeed(Exception exception);

    [LoggerMessage(2202, LogLevel.Warning, "Refreshing a stale entry in the background failed; the stale value stays until its deadline")]
    private partial void LogRefreshFailed(Exception exception);
}
