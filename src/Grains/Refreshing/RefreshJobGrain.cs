using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Hosting;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Refreshing;

/// <summary>
/// The refresh of one tag's stale dependents.
///
/// <para><b>Promise.</b> When a revalidation has returned, what it made stale and a loader can make is refreshed without a reader, whatever dies
/// meanwhile: the keys are in storage, and a reminder looks after them until nothing is left. Whatever is done twice does no harm: a
/// refresh is a generation under a token, and what an update overtakes is dropped.</para>
///
/// <para><b>Passes.</b> A pass is the work as it was collected when it began. A revalidation during a pass asks for one more; so does a silo
/// that could not be asked, and what could not be loaded, which waits for the reminder.</para>
/// </summary>
/// <remarks>
/// Reentrant: silos take and report work while storage is written. <see cref="_gate"/> makes beginning and ending a pass one step each;
/// taking and reporting change memory alone, in one turn, and are written soon afterwards. What is lost of that with this silo is
/// done again.
/// </remarks>
[Reentrant, ThroughAnyGateway, CollectionAgeLimit(Minutes = 3)]
internal sealed partial class RefreshJobGrain(
    [PersistentState("plan", TagCacheOptions.JobStorage)] IPersistentState<StoredPlan> plan,
    [PersistentState("progress", TagCacheOptions.JobStorage)] IPersistentState<StoredProgress> progress,
    RefreshJobHost host,
    ILogger<RefreshJobGrain> logger) : Grain, IRefreshJobGrain, IRemindable
{
    /// <summary>What fails as often is left to its readers.</summary>
    public const int MaximumFailedPasses = 3;

    private const string ReminderName = "refresh";
    private const int BatchSize = 100;

    /// <summary>How often a pass that is under way is looked at: silos that died, silos that have not heard of it.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(2);

    /// <summary>How much of what was done may be done again after a crash.</summary>
    private static readonly TimeSpan SavePeriod = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _gate = new(1);
    private RefreshPlan? _pass;
    private IGrainTimer? _looking;
    private bool _isSaving;
    private bool _isUnsaved;
    private bool _isWaiting;
    private Moment _watchedSince;

    private TagId Tag => new(TagKind.Tag, this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _watchedSince = host.Now;
        if (plan.State.Pass != Guid.Empty)
        {
            Resume();
        }

        return Task.CompletedTask;
    }

    public async ValueTask Begin()
    {
        await _gate.WaitAsync();
        try
        {
            if (_pass is null)
            {
                await BeginPass(number: 1, failedPasses: 0, carried: []);
            }
            else if (!progress.State.Again)
            {
                progress.State.Again = true;
                await progress.WriteStateAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask<RefreshBatch?> Take(string silo, RefreshReport? report)
    {
        if (_pass is { } pass && report is not null && report.Pass == plan.State.Pass && pass.TryFinish(report.Number, silo))
        {
            progress.State.Refreshed += report.Refreshed;
            progress.State.Skipped += report.Skipped;
            progress.State.Failed.AddRange(report.Failed);
            progress.State.Left.AddRange(report.Left);
            SaveSoon();
        }

        await EndPassIfDone();
        return _pass?.Take(silo) is { } work ? new(plan.State.Pass, work.Number, work.Batch.Keys, work.LoadMissing) : null;
    }

    public ValueTask<RefreshProgress?> Describe() => new(_pass is null
        ? null
        : new RefreshProgress(
            _pass.Total,
            progress.State.Refreshed,
            progress.State.Skipped,
            progress.State.Failed.Count,
            _pass.Left + progress.State.Left.Count,
            plan.State.Number,
            Elapsed));

    /// <summary>The safety net: goes on where the job stood, or finds that there is none any more.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (_pass is null)
        {
            await host.ForgetReminder(this, ReminderName);
            return;
        }

        _isWaiting = false;
        await Look();
    }

    private TimeSpan Elapsed => progress.State.Elapsed + (host.Now - _watchedSince);

    /// <summary>Goes on with what is in storage.</summary>
    private void Resume()
    {
        if (progress.State.Pass != plan.State.Pass)
        {
            progress.State = new() { Pass = plan.State.Pass };
        }

        _pass = new(plan.State.Batches, progress.State.Done, progress.State.Rescued);
        _looking ??= this.RegisterGrainTimer(Look, new() { DueTime = TimeSpan.Zero, Period = LookPeriod, Interleave = true, KeepAlive = true });
    }

    private async Task Look()
    {
        await EndPassIfDone();
        if (_pass is { IsDone: false })
        {
            host.Poke(Tag);
        }
    }

    private async Task EndPassIfDone()
    {
        _pass?.Reconsider(host.Alive());
        if (_pass is not { IsDone: true } || _isWaiting)
        {
            return;
        }

        await _gate.WaitAsync();
        try
        {
            if (_pass is { IsDone: true } && !_isWaiting)
            {
                await EndPass();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task EndPass()
    {
        var (state, number, failedPasses) = (progress.State, plan.State.Number, plan.State.FailedPasses + (progress.State.Failed.Count > 0 ? 1 : 0));
        var hasGivenUp = failedPasses >= MaximumFailedPasses;
        var carried = Planned(hasGivenUp ? state.Left : [.. state.Left, .. state.Failed]);
        host.Metrics.OnPass(state.Refreshed, state.Skipped, state.Failed.Count, state.Left.Count);
        LogPassEnded(number, state.Refreshed, state.Skipped, state.Failed.Count, state.Left.Count);
        if (hasGivenUp && state.Failed.Count > 0)
        {
            LogGivenUp(state.Failed.Count, failedPasses);
        }

        if (state.Again)
        {
            await BeginPass(number + 1, failedPasses, carried);
        }
        else if (carried.Count == 0)
        {
            await End();
        }
        else
        {
            // In storage as a pass of its own, whose work begins with the next tick of the reminder.
            await Store(number + 1, failedPasses, carried, again: false);
            _isWaiting = true;
        }
    }

    private async Task BeginPass(int number, int failedPasses, List<PlannedBatch> carried)
    {
        var (collected, isComplete) = await host.Collect(Tag);
        var known = collected.SelectMany(silo => silo.Keys).ToHashSet(StringComparer.Ordinal);
        var lost = carried.Select(batch => batch with { Keys = Array.FindAll(batch.Keys, key => !known.Contains(key)) });
        var batches = collected.Concat(lost)
            .SelectMany(silo => silo.Keys.Chunk(BatchSize).Select(keys => new PlannedBatch(silo.Home, keys)))
            .ToList();
        if (batches.Count == 0 && isComplete)
        {
            await End();
            return;
        }

        await Store(number, failedPasses, batches, again: !isComplete);
        await host.Remind(this, ReminderName);
        host.Poke(Tag);
    }

    /// <summary>Stores a pass: with this the job exists.</summary>
    private async Task Store(int number, int failedPasses, List<PlannedBatch> batches, bool again)
    {
        var elapsed = Elapsed;
        plan.State = new() { Pass = Guid.NewGuid(), Number = number, FailedPasses = failedPasses, Batches = batches };
        await plan.WriteStateAsync();
        progress.State = new() { Pass = plan.State.Pass, Again = again, Elapsed = number == 1 ? TimeSpan.Zero : elapsed };
        _watchedSince = host.Now;
        await progress.WriteStateAsync();
        Resume();
    }

    /// <summary>Nothing is left: first the job goes, then its reminder, which would find nothing.</summary>
    private async Task End()
    {
        _pass = null;
        _looking?.Dispose();
        _looking = null;
        if (plan.RecordExists)
        {
            await plan.ClearStateAsync();
            await progress.ClearStateAsync();
            await host.ForgetReminder(this, ReminderName);
        }

        (plan.State, progress.State) = (new(), new());
    }

    /// <summary>Some keys of this pass, with the homes that they had.</summary>
    private List<PlannedBatch> Planned(List<string> keys)
    {
        var wanted = keys.ToHashSet(StringComparer.Ordinal);
        return [.. plan.State.Batches.Select(batch => batch with { Keys = Array.FindAll(batch.Keys, wanted.Contains) }).Where(batch => batch.Keys.Length > 0)];
    }

    private void SaveSoon()
    {
        _isUnsaved = true;
        if (!_isSaving)
        {
            _ = SaveWhileNeeded();
        }
    }

    private async Task SaveWhileNeeded()
    {
        _isSaving = true;
        try
        {
            while (_isUnsaved)
            {
                await Task.Delay(SavePeriod, host.Time);
                await _gate.WaitAsync();
                try
                {
                    _isUnsaved = false;
                    if (_pass is { } pass)
                    {
                        (progress.State.Done, progress.State.Rescued) = pass.Done;
                        (progress.State.Elapsed, _watchedSince) = (Elapsed, host.Now);
                        await progress.WriteStateAsync();
                    }
                }
                finally
                {
                    _gate.Release();
                }
            }
        }
        catch (Exception exception)
        {
            // What is done is done; should this silo die now it is done again.
            LogNotSaved(exception);
        }
        finally
        {
            _isSaving = false;
        }
    }

    [LoggerMessage(3701, LogLevel.Information, "Pass {Number} of the refresh of a tag ended: {Refreshed} refreshed, {Skipped} not needed, {Failed} failed, {Left} left for later")]
    private partial void LogPassEnded(int number, int refreshed, int skipped, int failed, int left);

    [LoggerMessage(3702, LogLevel.Warning, "The loaders of {Count} stale entries failed in {Passes} passes; they are left to their readers")]
    private partial void LogGivenUp(int count, int passes);

    [LoggerMessage(3703, LogLevel.Warning, "The progress of a refresh could not be stored")]
    private partial void LogNotSaved(Exception exception);
}
