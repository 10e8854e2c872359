using Microsoft.Extensions.Logging;
using OrleansTagCache.Cluster;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Hosting;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Near;

namespace OrleansTagCache.Flights;

/// <summary>A value that a factory made: what to store, or why nothing can be.</summary>
/// <param name="Entry">The value with its tags and life.</param>
/// <param name="WhyNotStored">Null if it can be stored.</param>
internal sealed record Generated(EntryData Entry, string? WhyNotStored)
{
    public EntrySnapshot ToSnapshot() => new(Entry.Payload, Entry.Tags, Entry.Life, TimeSpan.Zero);
}

/// <summary>Runs a factory for an entry; gives null if the value cannot be serialized, which its own caller gets all the same.</summary>
/// <param name="stale">The stale value that is refreshed, if there is one.</param>
/// <param name="cancellationToken">Cancelled when nobody waits any more.</param>
internal delegate Task<Generated?> Generate(EntrySnapshot? stale, CancellationToken cancellationToken);

/// <summary>Flies: asks the cluster, runs the factory under a token, commits, and tells those who wait what they may take.</summary>
internal sealed partial class FlightRunner(
    FlightTable table, ClusterCalls calls, NearCache near, ClientMetrics metrics, TagCacheClientOptions options, TimeProvider time, ILogger<FlightRunner> logger)
{
    /// <summary>How long one question waits for another process's generation before it is asked again.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a background refresh may wait for its turn, and run. Longer than tokens hold as a rule: one that takes longer would be stored
    /// nowhere, and one that hangs must not keep the others from their turn.
    /// </summary>
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _refreshes = new(options.MaximumBackgroundRefreshes);

    /// <summary>Leads a flight to its end. Never throws: what went wrong is in the result.</summary>
    /// <param name="key">What it is for.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="generate">Runs the factory.</param>
    /// <param name="mayKeep">Whether what it brings may be kept near.</param>
    public async Task Run(FlightKey key, Flight flight, Generate generate, bool mayKeep)
    {
        // Counted from here also for those who wait for the flight before.
        var until = time.Now() + options.WaitTimeout;
        try
        {
            if (flight.Previous is { } previous)
            {
                await previous.Late;
            }

            await Ask(key, flight, generate, mayKeep, until);
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

    private async Task Ask(FlightKey key, Flight flight, Generate generate, bool mayKeep, Moment until)
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
                    Found(key, flight, answer, ask, generate);
                    return;
                case AcquireStatus.Miss:
                    near.Hear(answer.Near, ask);
                    await GenerateUnderToken(key, flight, answer, ask, generate);
                    return;
                case AcquireStatus.Busy when until - time.Now() is var left && left > TimeSpan.Zero:
                    wait = left < Wait ? left : Wait;
                    continue;
                case AcquireStatus.Busy:
                    await Bypass(key, flight, "busy", generate);
                    return;
                default:
                    await Bypass(key, flight, answer is null ? "unreachable" : "not_serving", generate);
                    return;
            }
        }
    }

    private void Found(FlightKey key, Flight flight, Acquired answer, NearAsk ask, Generate generate)
    {
        if (answer.Status == AcquireStatus.Fresh)
        {
            metrics.OnRead("hit");
            near.KeepCopy(key.ScopedKey, answer.Entry!, answer.Near, ask);
        }
        else
        {
            metrics.OnRead("stale");
            near.Hear(answer.Near, ask);
        }

        table.End(key, flight, new(answer.Entry, null), FlightResult.AskAgain);
        if (!answer.Token.IsNone)
        {
            _ = Refresh(key, answer, ask, generate);
        }
    }

    private async Task GenerateUnderToken(FlightKey key, Flight flight, Acquired answer, NearAsk ask, Generate generate)
    {
        metrics.OnRead("generated");
        table.TryEnter(flight, FlightPhase.Generating);
        Generated? made;
        try
        {
            made = await generate(answer.Entry, flight.Cancellation.Token).WaitAsync(flight.Cancellation.Token);
        }
        catch (Exception)
        {
            await calls.TryAbandon(key.ScopedKey, answer.Token);
            throw;
        }

        // From here on nobody may join: what the cluster says of the value may be older than they are.
        table.TryEnter(flight, FlightPhase.Closing);
        var isLive = await TryStore(key, answer.Token, made, ask);
        var result = new FlightResult(made?.ToSnapshot(), null);
        table.End(key, flight, result, isLive ? result : FlightResult.AskAgain);
    }

    /// <summary>The cluster cannot vouch for anything: the factory runs for those who came before it began, and nothing is stored.</summary>
    private async Task Bypass(FlightKey key, Flight flight, string reason, Generate generate)
    {
        metrics.OnRead("bypass");
        metrics.OnBypass(reason);
        var made = await generate(null, flight.Cancellation.Token).WaitAsync(flight.Cancellation.Token);
        table.End(key, flight, new(made?.ToSnapshot(), null), FlightResult.AskAgain);
    }

    /// <summary>Refreshes a stale entry behind its reader's back. A failure leaves it stale; the next reader tries again.</summary>
    private async Task Refresh(FlightKey key, Acquired answer, NearAsk ask, Generate generate)
    {
        // Off the reader's path, and at its own pace; a token that waits too long for its turn is refused when it comes back.
        await Task.Yield();
        using var patience = new CancellationTokenSource(RefreshPatience, time);
        try
        {
            await _refreshes.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            await calls.TryAbandon(key.ScopedKey, answer.Token);
            return;
        }

        try
        {
            var made = await generate(answer.Entry, patience.Token).WaitAsync(patience.Token);
            metrics.OnRefresh(await TryStore(key, answer.Token, made, ask) ? "stored" : "not_stored");
        }
        catch (Exception exception)
        {
            metrics.OnRefresh("failed");
            LogRefreshFailed(exception);
            await calls.TryAbandon(key.ScopedKey, answer.Token);
        }
        finally
        {
            _refreshes.Release();
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

    [LoggerMessage(2202, LogLevel.Warning, "Refreshing a stale entry in the background failed; the stale value stays until its deadline")]
    private partial void LogRefreshFailed(Exception exception);
}
