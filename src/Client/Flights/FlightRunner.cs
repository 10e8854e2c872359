using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;
using OrleansTagCache.Near;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Flights;

/// <summary>Flies: waits its turn, asks the cluster, has the factory run under a token, and tells those who wait what they may take.</summary>
internal sealed class FlightRunner(
    FlightTable table, EntryReader reader, EntryClient entries, FactoryRuns runs, ClientMetrics metrics, CacheListeners listeners, TagCacheClientOptions options, TimeProvider time)
{
    /// <summary>How often newcomers who wait for another's factory have the cluster asked whether that can still be believed.</summary>
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>Leads a flight to its end. Never throws: what went wrong is in the result, which is for the leader alone.</summary>
    /// <param name="key">What it is for.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="factory">How the entry is made.</param>
    /// <param name="call">What else the leader's call says.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<FlightResult> Run(FlightKey key, Flight flight, IEntryFactory factory, FlightCall call)
    {
        try
        {
            return await Lead(key, flight, factory, call).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (flight.Cancellation.IsCancellationRequested)
        {
            table.End(key, flight, FlightResult.AskAgain, FlightResult.AskAgain);
            return FlightResult.AskAgain;
        }
        catch (Exception exception)
        {
            // One whose caller has gone may have failed because of that: those who joined ask again.
            var fault = new FlightResult(Entry: null, ExceptionDispatchInfo.Capture(exception), factory.Said);
            table.End(key, flight, flight.IsOrphaned ? FlightResult.AskAgain : fault, FlightResult.AskAgain);
            return fault;
        }
    }

    private ValueTask<FlightResult> Lead(FlightKey key, Flight flight, IEntryFactory factory, FlightCall call) =>
        flight.Previous is null ? Proceed(key, flight, factory, call, Turn.ToAsk) : LeadNext(key, flight, factory, call);

    private async ValueTask<FlightResult> LeadNext(FlightKey key, Flight flight, IEntryFactory factory, FlightCall call)
    {
        var turn = await TurnOf(key, flight, factory, call).ConfigureAwait(false);
        return await Proceed(key, flight, factory, call, turn).ConfigureAwait(false);
    }

    /// <summary>Its turn has come, unless the flight before has served it.</summary>
    private ValueTask<FlightResult> Proceed(FlightKey key, Flight flight, IEntryFactory factory, FlightCall call, Turn turn)
    {
        if (!table.TryPass(key, flight) || !table.TryEnter(flight, FlightPhase.Asking))
        {
            return Served(key, flight, turn);
        }

        if (turn.Answer is { } granted)
        {
            Count(key, Outcome.Generated);
            return new(Generate(key, flight, granted, turn.Asked, factory));
        }

        return key.Mode switch
        {
            ReadMode.Refill => new(Refill(key, flight, factory)),
            ReadMode.Uncached => new(Bypass(key, flight, Outcome.Unwanted, factory)),
            _ when turn.IsOutOfPatience => new(Bypass(key, flight, Outcome.Busy, factory)),
            _ => Ask(key, flight, factory, call),
        };
    }

    private async ValueTask<FlightResult> Served(FlightKey key, Flight flight, Turn turn)
    {
        await GiveBack(key, turn.Answer).ConfigureAwait(false);
        return await flight.Early.ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the flight before is over, for as long as one would wait for another process. A factory that runs there is not waited for when the cluster
    /// says that what it makes cannot be believed any more: it was overtaken by an update, a set or a removal, and this flight gets the token.
    /// </summary>
    private async Task<Turn> TurnOf(FlightKey key, Flight flight, IEntryFactory factory, FlightCall call)
    {
        if (!call.MayWait)
        {
            // Those who come at the same moment get into the same flight.
            await PoolYield.Go();
            return Turn.ToAsk;
        }

        factory.Waiting?.Invoke();
        var (over, generating) = (flight.Previous!.Late, flight.Previous.Generating);
        var askedFor = 0;
        while (!over.IsCompleted)
        {
            var left = call.Until - time.Now();
            if (left <= TimeSpan.Zero)
            {
                return Turn.OutOfPatience;
            }

            if (generating.IsCompleted && key.Mode == ReadMode.Cached && flight.Callers is var callers && callers != askedFor)
            {
                askedFor = callers;
                var terms = new ReadTerms(MayGenerate: true, key.FreshOnly, call.MayKeep) { Tags = factory.Tags, IsProbe = true, IsCounted = false, HasFactory = true };
                var (answer, ask) = await reader.Read(key.Key, key.ScopedKey, terms, flight.Cancellation.Token).ConfigureAwait(false);
                if (answer is { Token.IsNone: false })
                {
                    return new(answer, ask);
                }

                if (answer?.Status != AcquireStatus.Busy)
                {
                    return Turn.ToAsk;
                }
            }

            Task next = generating.IsCompleted ? over : Task.WhenAny(over, generating);
            var waiting = next.WaitAsync(left < ProbePeriod ? left : ProbePeriod, time, flight.Cancellation.Token);
            CacheEvents.Write(CacheEvent.FlightWaiting, this);
            await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            flight.Cancellation.Token.ThrowIfCancellationRequested();
        }

        return Turn.ToAsk;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlightResult> Ask(FlightKey key, Flight flight, IEntryFactory factory, FlightCall call)
    {
        var terms = new ReadTerms(MayGenerate: key.Mode == ReadMode.Cached, key.FreshOnly, call.MayKeep)
        {
            WaitUntil = call.IsBehind ? Moment.Past : call.Until,
            Tags = factory.Tags,
            IsWorthWaiting = factory.Waiting,
            IsCounted = !call.IsBehind,
            HasFactory = true,
            MayRefreshEarly = key.Mode == ReadMode.Cached && runs.MayRefreshBehind(key.ScopedKey, factory),
        };
        var (answer, ask) = await reader.Read(key.Key, key.ScopedKey, terms, flight.Cancellation.Token).ConfigureAwait(false);
        switch (answer?.Status)
        {
            case AcquireStatus.Fresh or AcquireStatus.Stale:
                var found = End(key, flight, new(answer.Entry));
                return answer.Token.IsNone ? found : await runs.Refresh(key, flight, answer, ask, factory).ConfigureAwait(false);
            case AcquireStatus.Miss when call.IsBehind:
                // Expired since: the next reader makes it.
                await GiveBack(key, answer).ConfigureAwait(false);
                return End(key, flight, FlightResult.AskAgain);
            case AcquireStatus.Miss when key.Mode == ReadMode.Unstored:
                return await Bypass(key, flight, Outcome.Unwanted, factory).ConfigureAwait(false);
            case AcquireStatus.Miss:
                return await Generate(key, flight, answer, ask, factory).ConfigureAwait(false);
            case null or AcquireStatus.Busy or AcquireStatus.NotForStoring or AcquireStatus.NotServing when call.IsBehind:
                return End(key, flight, FlightResult.AskAgain);
            case AcquireStatus.NotForStoring:
                runs.IsNotForStoring(key);
                return await Bypass(key, flight, Outcome.Busy, factory).ConfigureAwait(false);
            case AcquireStatus.Busy:
                return await Bypass(key, flight, Outcome.Busy, factory).ConfigureAwait(false);
            default:
                return await Bypass(key, flight, answer is null ? Outcome.Unreachable : Outcome.NotServing, factory).ConfigureAwait(false);
        }
    }

    private async Task<FlightResult> Generate(FlightKey key, Flight flight, Acquired answer, NearAsk ask, IEntryFactory factory)
    {
        table.TryEnter(flight, FlightPhase.Generating);
        var run = await runs.UnderToken(key, flight, answer, ask, factory).ConfigureAwait(false);
        if (run.Made is not { } made)
        {
            return End(key, flight, new(run.Spare));
        }

        // From here on no caller may join: the cluster's verdict on the value may be older than the caller.
        table.TryEnter(flight, FlightPhase.Closing);
        return Close(key, flight, made, isLive: await runs.TryStore(key, answer.Token, made, ask).ConfigureAwait(false));
    }

    /// <summary>Makes the entry, whatever is stored, as a plain set whose token was taken before the factory began: what is updated until it is stored supersedes it.</summary>
    private async Task<FlightResult> Refill(FlightKey key, Flight flight, IEntryFactory factory)
    {
        var token = await entries.TryBeginSet(key.ScopedKey, options.ReadTimeout).ConfigureAwait(false);
        flight.Cancellation.Token.ThrowIfCancellationRequested();
        Count(key, Outcome.Generated);
        table.TryEnter(flight, FlightPhase.Generating);
        var made = await Factories.Run(listeners, key.ScopedKey, factory, stale: null, time, flight.Cancellation.Token).ConfigureAwait(false);
        table.TryEnter(flight, FlightPhase.Closing);
        return Close(key, flight, made, isLive: await runs.TryRefill(key, token, made).ConfigureAwait(false));
    }

    /// <summary>The cluster cannot vouch for anything, or is not to be asked: the factory runs for those who came before it began, and nothing is stored.</summary>
    private async Task<FlightResult> Bypass(FlightKey key, Flight flight, Outcome reason, IEntryFactory factory)
    {
        // Another process's generation goes on and on; a value that is kept for fail-safe spares the source this one.
        if (reason == Outcome.Busy && factory.HasFailSafe && !key.FreshOnly && await runs.FailSafe(key).ConfigureAwait(false) is { } spare)
        {
            return End(key, flight, new(spare));
        }

        Count(key, Outcome.Bypass);
        metrics.OnBypass(reason);
        return Close(key, flight, await Factories.Run(listeners, key.ScopedKey, factory, stale: null, time, flight.Cancellation.Token).ConfigureAwait(false), isLive: false);
    }

    /// <summary>Ends a flight that has made a value: for those who came before it was begun, and if it is live, for those who came before its commit.</summary>
    private FlightResult Close(FlightKey key, Flight flight, Generated made, bool isLive)
    {
        var own = made.ToResult();
        table.End(key, flight, made.IsForOwnCaller ? FlightResult.AskAgain : own, isLive ? own : FlightResult.AskAgain);
        return own;
    }

    /// <summary>Ends a flight whose result is for those who came before it asked.</summary>
    private FlightResult End(FlightKey key, Flight flight, FlightResult result)
    {
        table.End(key, flight, result, FlightResult.AskAgain);
        return result;
    }

    private void Count(FlightKey key, Outcome outcome)
    {
        listeners.OnRead(key.ScopedKey, outcome);
        metrics.OnRead(outcome);
        Tracing.Note(outcome);
    }

    private Task GiveBack(FlightKey key, Acquired? answer) =>
        answer is { Token.IsNone: false } ? entries.TryAbandon(key.ScopedKey, answer.Token) : Task.CompletedTask;

    /// <summary>How a flight's wait for the one before ended: with a token, without patience, or so that it is its turn to ask.</summary>
    private readonly record struct Turn(Acquired? Answer, NearAsk Asked, bool IsOutOfPatience = false)
    {
        public static Turn ToAsk => default;

        public static readonly Turn OutOfPatience = new(Answer: null, default, IsOutOfPatience: true);
    }
}

/// <summary>What the leader of a flight says of its call.</summary>
/// <param name="Until">When it stops waiting for what others make.</param>
/// <param name="MayKeep">Whether what it gets may be kept near.</param>
/// <param name="IsBehind">Whether its reader has a stale value already: then it waits for nothing, and makes nothing that would not be stored.</param>
/// <param name="MayWait">Whether it waits for the flight before at all.</param>
internal readonly record struct FlightCall(Moment Until, bool MayKeep, bool IsBehind = false, bool MayWait = true);
