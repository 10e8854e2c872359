using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Loaders;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Refreshing;

/// <summary>
/// This silo's hands for refresh jobs: takes batches, and for each stale key takes the token, has the loader run, and commits. So a refresh is
/// a generation like any other: one a key in the whole cluster, and dropped if an update overtakes it.
/// </summary>
/// <remarks>Thread-safe. One loop a tag takes work; all loops share the silo's loads.</remarks>
internal sealed partial class RefreshWorker(
    IGrainFactory grains,
    LoaderCalls loaders,
    TagCacheOptions options,
    ServingLease lease,
    ILocalSiloDetails self,
    RefreshMetrics metrics,
    TimeProvider time,
    ILogger<RefreshWorker> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>How often a job is asked that does not answer: its silo may have died, and another one takes it up.</summary>
    private const int Attempts = 10;

    private static readonly TimeSpan LongestLoad = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AttemptPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TagId, Task> _loops = [];
    private readonly SemaphoreSlim _loads = new(options.MaximumLoads);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name = self.SiloAddress.ToString();

    /// <summary>Longer than its token holds nothing could be stored; and a call to another process is not waited for for ever.</summary>
    private TimeSpan Limit => options.GenerationLease < LongestLoad ? options.GenerationLease : LongestLoad;

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(RefreshWorker), ServiceLifecycleStage.Active, _ => Task.CompletedTask, Stop);

    public void Dispose()
    {
        _stop.End();
        _loads.Dispose();
    }

    /// <summary>There may be work in the tag's job. It is told again while that is so, so that a call which comes too early or too late does no harm.</summary>
    public void Poke(TagId tag)
    {
        if (!_stop.IsCancellationRequested && lease.IsValid() && !_loops.ContainsKey(tag))
        {
            var loop = new Task<Task>(() => Work(tag));
            if (_loops.TryAdd(tag, loop.Unwrap()))
            {
                loop.Start(TaskScheduler.Default);
            }
        }
    }

    /// <summary>A value was stale when it was stored: there may be no reader to refresh it.</summary>
    public void RefreshSoon(string scopedKey) => _ = Task.Run(async () =>
    {
        try
        {
            await Refresh(scopedKey, loadMissing: false);
        }
        catch (Exception exception)
        {
            // Its next reader refreshes it.
            LogNotRefreshed(exception);
        }
    });

    private async Task Stop(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Work(TagId tag)
    {
        try
        {
            var job = grains.GetGrain<IRefreshJobGrain>(tag.Scoped);
            RefreshReport? report = null;
            while (await Take(job, report) is { } batch)
            {
                report = await Refresh(batch);
                if (!lease.IsValid())
                {
                    // This silo does not serve: what it could not do does not count as a failure. The job offers it again, here or elsewhere.
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            // The job tells again that there is work.
            LogInterrupted(exception);
        }
        finally
        {
            _loops.TryRemove(tag, out _);
        }
    }

    private async Task<RefreshBatch?> Take(IRefreshJobGrain job, RefreshReport? report)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await job.Take(_name, report);
            }
            catch (Exception exception) when (attempt < Attempts)
            {
                LogInterrupted(exception);
                await Task.Delay(AttemptPause, time, _stop.Token);
            }
        }
    }

    private async Task<RefreshReport> Refresh(RefreshBatch batch)
    {
        var outcomes = new Outcome[batch.Keys.Length];
        var most = batch.Fill is { } fill ? Math.Min(fill.MaximumLoads, options.MaximumLoads) : options.MaximumLoads;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = most, CancellationToken = _stop.Token };
        await Parallel.ForAsync(0, outcomes.Length, parallel, async (i, _) => outcomes[i] = await Refresh(batch.Keys[i], loadMissing: batch.Deaths > 0, batch.Fill));
        int[] Places(Outcome outcome) => [.. Enumerable.Range(0, outcomes.Length).Where(i => outcomes[i] == outcome)];
        return new(
            batch.Pass,
            batch.Number,
            batch.Deaths,
            outcomes.Count(outcome => outcome == Outcome.Refreshed),
            outcomes.Count(outcome => outcome == Outcome.Skipped),
            Places(Outcome.Failed),
            Places(Outcome.Left),
            outcomes.Count(outcome => outcome == Outcome.NoRoom));
    }

    private async Task<Outcome> Refresh(string scopedKey, bool loadMissing, FillShare? fill = null)
    {
        await _loads.WaitAsync(_stop.Token);
        var entry = grains.GetGrain<IEntryGrain>(scopedKey);
        var question = new AcquireRequest(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero, RequestId: Guid.NewGuid(), IsRefresh: true, FillPercent: fill?.FillPercent ?? 0);
        try
        {
            var answer = await entry.Acquire(question);
            switch (answer.Status)
            {
                case AcquireStatus.Fresh:
                    return Outcome.Skipped;
                case AcquireStatus.NoRoom:
                    return Outcome.NoRoom;
                case AcquireStatus.Miss when !loadMissing && fill is null:
                    await entry.Abandon(answer.Token);
                    return Outcome.Skipped;
                case AcquireStatus.Stale or AcquireStatus.Miss when !answer.Token.IsNone:
                    return await Load(entry, scopedKey, answer, overtaken: fill is null ? Outcome.Skipped : Outcome.Left);
                default:
                    // A reader refreshes it just now, or its silo may not serve.
                    return Outcome.Left;
            }
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            LogNotRefreshed(exception);
            _ = GiveBack(entry, question);
            return Outcome.Left;
        }
        finally
        {
            _loads.Release();
        }
    }

    private async Task<Outcome> Load(IEntryGrain entry, string scopedKey, Acquired answer, Outcome overtaken)
    {
        using var activity = Tracing.StartTrace(CacheActivities.Refresh);
        metrics.OnLoadBegun();
        var outcome = Outcome.Failed;
        try
        {
            var loaded = await loaders.Load(scopedKey, answer.Entry, Limit, _stop.Token);
            if (loaded.Status != LoadStatus.Loaded)
            {
                outcome = loaded.Status == LoadStatus.NoRunner ? Outcome.NoRunner : Outcome.Failed;
                await entry.Abandon(answer.Token);
                return loaded.Status == LoadStatus.NoRunner ? Outcome.Left : Outcome.Failed;
            }

            if (!loaded.IsForStoring)
            {
                // The stale value stays until its deadline; readers make what they need.
                outcome = Outcome.Unwanted;
                await entry.Abandon(answer.Token, isForStoring: false);
                return Outcome.Skipped;
            }

            var commit = await entry.Commit(answer.Token, loaded.Entry! with { IsLoaded = true });
            outcome = commit.ToOutcome();
            return commit.Status switch
            {
                CommitStatus.Stored => Outcome.Refreshed,
                CommitStatus.Superseded => overtaken,
                CommitStatus.NotServing => Outcome.Left,
                _ => Outcome.Failed,
            };
        }
        catch (Exception exception)
        {
            activity.Failed(exception);

            // Given back here if it can be; else its lease ends it.
            _ = GiveBack(() => entry.Abandon(answer.Token));
            throw;
        }
        finally
        {
            activity?.SetTag(Tracing.OutcomeTag, outcome.Name());
            metrics.OnLoadEnded(outcome);
        }
    }

    /// <summary>An answer may have been lost with a token: the same question brings the same one again.</summary>
    private Task GiveBack(IEntryGrain entry, AcquireRequest question) => GiveBack(async () =>
        await entry.Acquire(question) is { Token.IsNone: false } answer && await entry.Abandon(answer.Token));

    private async Task GiveBack(Func<ValueTask<bool>> giveBack)
    {
        try
        {
            await giveBack();
        }
        catch (Exception exception)
        {
            LogNotRefreshed(exception);
        }
    }

    [LoggerMessage(3721, LogLevel.Debug, "Work on a refresh was interrupted; it is taken up again")]
    private partial void LogInterrupted(Exception exception);

    [LoggerMessage(3722, LogLevel.Debug, "An entry could not be refreshed at the moment")]
    private partial void LogNotRefreshed(Exception exception);
}
