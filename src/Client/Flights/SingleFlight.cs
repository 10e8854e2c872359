using System.Runtime.CompilerServices;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Flights;

/// <summary>Reads what is not near: finds the flight that a reader may share, waits for it as long as that is worth it, and gives what it brought as the reader's type.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SingleFlight
{
    private readonly EntryMaker _maker;
    private readonly FactoryRuns _runs;
    private readonly UncacheableKeys _uncacheable;

    /// <summary>Where readers of two types meet, they do not store over each other at every read: that is a set, in all processes.</summary>
    private readonly UncacheableKeys _storedOver;
    private readonly TagCacheClientOptions _options;
    private readonly TimeProvider _time;
    private readonly CacheNamespace _namespace;
    private readonly FlightTable _flights;
    private readonly FlightRunner _runner;

    public SingleFlight(
        EntryReader reader, EntryClient entries, EntryMaker maker, FactoryRuns runs, UncacheableKeys uncacheable, ClientMetrics metrics, CacheListeners listeners, TagCacheClientOptions options, TimeProvider time)
    {
        (_maker, _runs, _uncacheable, _options, _time) = (maker, runs, uncacheable, options, time);
        _storedOver = new(time);
        _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));
        _flights = new(time, options.OrphanedFactoryGrace);
        _runner = new(_flights, reader, entries, runs, metrics, listeners, options, time);
    }

    /// <summary>The entry, or a generation of it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="outer">The factory that it is read in, if it is.</param>
    /// <param name="factory">How it is made.</param>
    /// <param name="mayKeep">Whether what it gets may be kept near.</param>
    /// <param name="cancellationToken">Cancels this reader.</param>
    /// <param name="mode">What it may do with the entry.</param>
    public ValueTask<T> Read<T>(string key, CacheContext? outer, EntryFactory<T> factory, bool mayKeep, CancellationToken cancellationToken, ReadMode mode = ReadMode.Cached) =>
        Tracing.IsOn ? ReadTraced(key, outer, factory, mayKeep, mode, cancellationToken) : ReadUntraced(key, outer, factory, mayKeep, mode, cancellationToken);

    private async ValueTask<T> ReadTraced<T>(string key, CacheContext? outer, EntryFactory<T> factory, bool mayKeep, ReadMode mode, CancellationToken cancellationToken)
    {
        using var activity = Tracing.Start(CacheActivities.Read);
        try
        {
            return await ReadUntraced(key, outer, factory, mayKeep, mode, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            activity.Failed(exception);
            throw;
        }
    }

    // Not pooled: callers get this very task, and may block on it.
    private async ValueTask<T> ReadUntraced<T>(string key, CacheContext? outer, EntryFactory<T> factory, bool mayKeep, ReadMode mode, CancellationToken cancellationToken)
    {
        // Before anything can fail: the outer entry depends on them, whatever becomes of this call.
        outer?.DependsOn(_namespace, factory.Tags);
        var checkedKey = CacheKey.Parse(key, _options.MaximumKeyLength);
        factory.Check();

        // An entry that is made from a stale one would look fresh: inside a factory, stale counts as missing.
        var flightKey = new FlightKey(checkedKey.Value, _namespace.Scope(checkedKey.Value), FreshOnly: outer is not null, mode);
        var patience = new Patience(UntilFor(factory));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = await Fly(flightKey, factory, mayKeep, patience, cancellationToken).ConfigureAwait(false);
            if (result.Fault is { } fault)
            {
                outer?.DependsOnTagsOf(_namespace, result.Said ?? []);
                fault.Throw();
            }

            if (result.Entry is { } entry)
            {
                if (factory.TryGetOwn(entry, out var own) || _maker.Serializer.TryDeserialize<T>(entry.Payload, out own))
                {
                    if (flightKey.Mode == ReadMode.Refill && mode != ReadMode.Refill)
                    {
                        _storedOver.Add(flightKey.ScopedKey);
                    }

                    outer?.MadeFrom(_namespace, entry.Tags, entry.Life, entry.Age, entry.PromiseSuspended);
                    if (result.IsWithheld)
                    {
                        outer?.Withhold();
                    }

                    return own;
                }

                flightKey = flightKey with { Mode = Instead(flightKey, factory) };
            }
        }
    }

    /// <summary>What is there is no value of that type, or cannot be read: it is made anew, and stored over it if the caller stores at all.</summary>
    private ReadMode Instead<T>(FlightKey key, EntryFactory<T> factory) => key.Mode switch
    {
        ReadMode.Cached => factory.IsRemote || !_storedOver.Contains(key.ScopedKey) ? ReadMode.Refill : ReadMode.Uncached,
        ReadMode.Refill when factory.IsRemote => throw new TagCacheException(
            $"What the process that offers the loader makes of that argument cannot be read as {typeof(T)}. Ask for the type that it was added with; a type of another name counts as the same if both have one [DataContract(Name = \"...\")].")
        {
            Code = CacheErrorCodes.LoadFailed,
        },
        ReadMode.Unstored => ReadMode.Uncached,
        _ => key.Mode,
    };

    /// <summary>Has a stale value that its reader has got already replaced behind it. False if the factory may not run there: then the reader is to make the newer value.</summary>
    public bool TryRefreshBehind(string key, IEntryFactory factory)
    {
        var flightKey = new FlightKey(key, _namespace.Scope(key), FreshOnly: false);
        if (!_runs.MayRefreshBehind(flightKey.ScopedKey, factory))
        {
            return false;
        }

        if (_flights.TryLead(flightKey) is { } flight)
        {
            var call = new FlightCall(UntilFor(factory), MayKeep: true, IsBehind: true);
            _ = DetachedTask.Run(() => _runner.Run(flightKey, flight, factory, call).AsTask());
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlightResult> Fly<T>(FlightKey asked, EntryFactory<T> factory, bool mayKeep, Patience patience, CancellationToken cancellationToken)
    {
        // What turned out not to be for storing is made side by side while another flight tries again, and so is what was waited for long enough.
        var isSideBySide = asked.Mode == ReadMode.Cached && _uncacheable.Contains(asked.ScopedKey) && _flights.IsUnderWay(asked);
        var key = patience.IsOver ? asked with { Mode = ReadMode.Uncached } : isSideBySide ? asked with { Mode = ReadMode.Unstored } : asked;
        var (flight, role) = patience.IsOverTwice ? (new() { Callers = 1 }, FlightRole.Leader) : _flights.Join(key);
        try
        {
            if (role == FlightRole.Follower)
            {
                factory.Waiting?.Invoke();
                return await flight.Early.WaitAsync(patience.Left(_time.Now()), _time, cancellationToken).ConfigureAwait(false);
            }

            var call = new FlightCall(patience.Until, mayKeep, MayWait: !patience.IsOver && !isSideBySide);
            var run = _runner.Run(key, flight, factory, call);
            return await (cancellationToken.CanBeCanceled ? new(run.AsTask().WaitAsync(cancellationToken)) : run).ConfigureAwait(false);
        }
        catch (TimeoutException) when (role == FlightRole.Follower)
        {
            // The leader's factory may hang for ever.
            _flights.Leave(flight, role, factory.MayBeOrphaned);
            patience.Extend(UntilFor(factory));
            return FlightResult.AskAgain;
        }
        catch (OperationCanceledException)
        {
            _flights.Leave(flight, role, factory.MayBeOrphaned);
            throw;
        }
    }

    /// <summary>Until when a reader waits for what others make: no longer than its own factory may take.</summary>
    private Moment UntilFor(IEntryFactory factory) =>
        _time.Now() + (factory.HardTimeout is { } hard && hard < _options.WaitTimeout ? hard : _options.WaitTimeout);
}
