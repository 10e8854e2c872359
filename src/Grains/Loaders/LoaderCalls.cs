using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Loaders;

/// <summary>Has loaders run: in this process if it offers them, else in the process that offers them and has least to do for this silo.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class LoaderCalls(IGrainFactory grains, LoaderRunner local, TimeProvider time, ILogger<LoaderCalls> logger)
{
    /// <summary>How old the knowledge of who offers a loader may be.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Directory> _directories = new(StringComparer.Ordinal);

    /// <summary>Loads the entry of that key, whose first part names the loader.</summary>
    public Task<LoadOutcome> Load(string scopedKey, EntrySnapshot? stale, TimeSpan limit, CancellationToken cancellationToken)
    {
        var (ns, key) = CacheNamespace.Split(scopedKey);
        return Load(new(ns.Value, key, stale, limit, Tracing.Parent), cancellationToken);
    }

    public async Task<LoadOutcome> Load(LoadRequest request, CancellationToken cancellationToken)
    {
        if (local.Offers(request))
        {
            return await local.Load(request).WaitAsync(cancellationToken);
        }

        var loader = CacheNamespace.Parse(request.Namespace).Scope(LoaderName.Split(request.Key).Name.Value);
        var directory = _directories.GetOrAdd(loader, _ => new());
        await Look(directory, loader);
        for (var until = time.Now() + LoaderRunner.Lease; !directory.HasRunner && !directory.KnowsAll && time.Now() < until;)
        {
            // A process that offers it may not have had the time to say so to a grain that was just activated.
            await Task.Delay(LookPeriod, time, cancellationToken);
            await Look(directory, loader);
        }

        return directory.Pick() is { } runner ? await RunOn(runner, directory, loader, request, cancellationToken) : LoadOutcome.NoRunner;
    }

    /// <summary>Waits for the runner for as long as it says that it is there.</summary>
    private async Task<LoadOutcome> RunOn(Runner runner, Directory directory, string loader, LoadRequest request, CancellationToken cancellationToken)
    {
        runner.Begin();
        try
        {
            var call = runner.Process.Load(request);
            var until = time.Now() + request.Limit;
            while (await Task.WhenAny(call, Task.Delay(LookPeriod, time, cancellationToken)) != call)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (time.Now() >= until)
                {
                    return LoadOutcome.Failed("The loader ran longer than a generation may.");
                }

                await Look(directory, loader);
                if (directory.IsGone(runner))
                {
                    return LoadOutcome.NoRunner;
                }
            }

            return await call;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotRun(exception);
            directory.Avoid(runner);
            return LoadOutcome.NoRunner;
        }
        finally
        {
            runner.End();
        }
    }

    private async Task Look(Directory directory, string loader)
    {
        var now = time.Now();
        if (!directory.TryBeginLook(now, LookPeriod))
        {
            await directory.FirstLook;
            return;
        }

        try
        {
            directory.Looked(await grains.GetGrain<ILoaderGrain>(loader).Runners());
        }
        catch (Exception exception)
        {
            LogNotRun(exception);
            directory.Looked(null);
        }
    }

    [LoggerMessage(3731, LogLevel.Debug, "A process that offers a loader did not answer")]
    private partial void LogNotRun(Exception exception);

    /// <summary>A process that offers the loader, and how much it has to do for this silo.</summary>
    private sealed class Runner(ILoaderRunner process)
    {
        private int _running;

        public ILoaderRunner Process => process;

        public int Running => Volatile.Read(ref _running);

        public void Begin() => Interlocked.Increment(ref _running);

        public void End() => Interlocked.Decrement(ref _running);
    }

    /// <summary>Who offers one loader, as this silo saw it last.</summary>
    private sealed class Directory
    {
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource _firstLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Runner[] _runners = [];
        private ILoaderRunner[] _announced = [];
        private bool _knowsAll;
        private Moment _nextLook = Moment.Past;
        private int _turn;

        public Task FirstLook => _firstLook.Task;

        /// <summary>Whether all processes that offer it are known here.</summary>
        public bool KnowsAll
        {
            get
            {
                lock (_gate)
                {
                    return _knowsAll;
                }
            }
        }

        public bool HasRunner
        {
            get
            {
                lock (_gate)
                {
                    return _runners.Length > 0;
                }
            }
        }

        public bool TryBeginLook(Moment now, TimeSpan period)
        {
            lock (_gate)
            {
                if (now < _nextLook)
                {
                    return false;
                }

                _nextLook = now + period;
                return true;
            }
        }

        /// <summary>Takes what the grain knows; as long as that may not be all, what was known before stays.</summary>
        public void Looked(LoaderRunners? known)
        {
            lock (_gate)
            {
                _knowsAll = known is { AreAll: true };
                if (known is not null)
                {
                    _announced = known.AreAll ? known.Processes : [.. known.Processes.Union(_announced)];
                    _runners = [.. _announced.Select(process => Array.Find(_runners, runner => runner.Process.Equals(process)) ?? new Runner(process))];
                }
            }

            _firstLook.TrySetResult();
        }

        /// <summary>The one with the least to do; of several, each in turn.</summary>
        public Runner? Pick()
        {
            lock (_gate)
            {
                _turn++;
                return _runners.Length == 0
                    ? null
                    : Enumerable.Range(0, _runners.Length).Select(i => _runners[(i + _turn) % _runners.Length]).MinBy(runner => runner.Running);
            }
        }

        /// <summary>Whether it has not said for a lease that it is there.</summary>
        public bool IsGone(Runner runner)
        {
            lock (_gate)
            {
                return _knowsAll && !_announced.Contains(runner.Process);
            }
        }

        /// <summary>A call to it failed: others are asked until the next look.</summary>
        public void Avoid(Runner runner)
        {
            lock (_gate)
            {
                _runners = Array.FindAll(_runners, other => !other.Process.Equals(runner.Process));
            }
        }
    }
}
