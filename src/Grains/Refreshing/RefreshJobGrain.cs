using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Refreshing;

/// <summary>
/// The refresh of one tag's stale dependents.
///
/// <para><b>Promise.</b> When a revalidation has returned, entries that it made stale and that a loader can make are refreshed without a reader, whatever dies
/// during that: the keys are in storage, and a reminder looks after them until nothing is left. Whatever is done twice does no harm: a
/// refresh is a generation under a token, and what an update overtakes is dropped.</para>
///
/// <para><b>Passes.</b> A pass is the work as it was collected when it began. A revalidation during a pass asks for one more; so does a silo
/// that could not be asked, and what could not be loaded, which waits for a reminder's period first.</para>
/// </summary>
/// <remarks>
/// Reentrant: silos take and report work while storage is written. <see cref="_gate"/> makes beginning and ending a pass one step each;
/// taking and reporting change memory alone, in one turn, and are written soon afterwards. What is lost of that with this silo is
/// done again. Of two activations the one that writes the plan last is right: the other one's next write of it fails, and ends it.
/// </remarks>
[Reentrant, ThroughAnyGateway, CollectionAgeLimit(Minutes = 3), GrainType("otc.refreshjob")]
internal sealed partial class RefreshJobGrain(
    [PersistentState("plan", TagCacheOptions.JobStorage)] IPersistentState<StoredPlan> plan,
    [PersistentState("progress", TagCacheOptions.JobStorage)] IPersistentState<StoredProgress> progress,
    RefreshJobServices services,
    ILogger<RefreshJobGrain> logger) : Grain, IRefreshJobGrain, IRemindable
{
    /// <summary>After so many passes with failed loads their keys are left to their readers.</summary>
    public const int MaximumFailedPasses = 3;

    /// <summary>After so many passes that could load nothing, since no process offers the loader, the keys are left to their readers.</summary>
    public const int MaximumIdlePasses = 60;

    private const string ReminderName = "refresh";
    private const int BatchSize = 100;

    /// <summary>How often a pass that is under way is looked at: silos that died, silos that have not heard of it.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(2);

    /// <summary>How much of what was done may be done again after a crash.</summary>
    private static readonly TimeSpan SavePeriod = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// How long nothing is handed out after silos came or went, or the job did: until the grain directory has settled, entries may be lost that have just
    /// been loaded.
    /// </summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1);
    private JobStorage? _storage;
    private RefreshPlan? _pass;
    private IGrainTimer? _looking;
    private bool _isSaving;
    private bool _isUnsaved;
    private bool _isReminded;
    private HashSet<string> _silos = [];
    private Moment _settledFrom = Moment.Past;
    private Moment _worksFrom = Moment.Past;
    private Moment _endsFrom = Moment.Past;
    private Moment _watchedSince;

    private JobStorage Storage => _storage ??= new(plan, progress, DeactivateOnIdle);

    private TagId Tag => TagId.OfScopedTag(this.GetPrimaryKeyString());

    /// <summary>Whether the pass waits for what could not be loaded before.</summary>
    private bool IsWaiting => services.Now < _worksFrom;

    /// <summary>Whether some silo is dead whose lease is not over, or the directory may not have settled since.</summary>
    private bool IsSettling => services.Now < _settledFrom || !services.IsWaitedOut;

    private TimeSpan Elapsed => Storage.Progress.Elapsed + (services.Now - _watchedSince);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _watchedSince = services.Now;
        _silos = services.Alive();
        if (Storage.Plan.Pass != Guid.Empty)
        {
            _settledFrom = services.Now + SettlingTime;
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
                await BeginPass(new() { Number = 1 });
            }
            else if (IsWaiting)
            {
                await BeginPass(new() { Number = Storage.Plan.Number, Batches = Storage.Plan.Batches, Silos = Storage.Plan.Silos });
            }
            else if (!Storage.Plan.Again)
            {
                var next = Storage.Plan.Copy();
                next.Again = true;
                await Storage.Write(next);
            }

            await EnsureReminded();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask<RefreshBatch?> Take(string silo, RefreshReport? report)
    {
        if (_pass is { } pass && report is not null && report.Pass == Storage.Plan.Pass && pass.TryFinish(report.Number, silo, report.Deaths))
        {
            Storage.Progress.Refreshed += report.Refreshed;
            Storage.Progress.Skipped += report.Skipped;
            Storage.Progress.NoRoom += report.NoRoom;
            Storage.Progress.Failed.AddRange(report.Failed.Select(place => new KeyPlace(report.Number, place)));
            Storage.Progress.Left.AddRange(report.Left.Select(place => new KeyPlace(report.Number, place)));
            SaveSoon();
        }

        await EndPassIfDone();
        return IsWaiting || IsSettling || _pass is null ? null : Hand(_pass, silo);
    }

    /// <summary>The safety net: goes on where the job stood, or finds that there is none any more.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await _gate.WaitAsync();
        try
        {
            _worksFrom = Moment.Past;
            if (_pass is null)
            {
                await End();
            }
        }
        finally
        {
            _gate.Release();
        }

        await Look();
    }

    /// <summary>Goes on with what is in storage.</summary>
    private void Resume()
    {
        if (Storage.Progress.Pass != Storage.Plan.Pass)
        {
            Storage.Begin(new() { Pass = Storage.Plan.Pass });
        }

        _pass = new(Storage.Plan.Batches, Storage.Progress.Seen.Length > 0 ? Storage.Progress.Seen : Storage.Plan.Silos, Storage.Progress.Done, Storage.Progress.Deaths, Storage.Plan.Fill is not null);
        _looking ??= this.RegisterGrainTimer(Look, new() { DueTime = LookPeriod, Period = LookPeriod, Interleave = true, KeepAlive = true });
    }

    private async Task Look()
    {
        await EndPassIfDone();
        if (_pass is not { IsDone: false } || IsWaiting || IsSettling)
        {
            return;
        }

        services.Poke(Tag);
        await _gate.WaitAsync();
        try
        {
            await EnsureReminded();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task EndPassIfDone()
    {
        Reconsider();
        if (!MayEnd())
        {
            return;
        }

        await _gate.WaitAsync();
        try
        {
            if (MayEnd())
            {
                await EndPass();
            }
        }
        finally
        {
            _gate.Release();
        }

        bool MayEnd() => _pass is { IsDone: true } && services.Now >= _endsFrom && !IsSettling;
    }

    /// <summary>Takes notice of who is there. After a death all of the pass counts anew.</summary>
    private void Reconsider()
    {
        var alive = services.Alive();
        if (!alive.SetEquals(_silos))
        {
            (_silos, _settledFrom) = (alive, services.Now + SettlingTime);
        }

        _pass?.Reconsider(alive);
        if (_pass is { } pass && pass.Deaths != Storage.Progress.Deaths)
        {
            Storage.Begin(new() { Pass = Storage.Progress.Pass, Deaths = pass.Deaths, Elapsed = Storage.Progress.Elapsed });
            SaveSoon();
        }
    }

    private async Task EndPass()
    {
        var (ended, state) = (Storage.Plan, Storage.Progress);
        services.Metrics.OnPass(state.Refreshed, state.Skipped, state.Failed.Count, state.Left.Count);
        LogPassEnded(ended.Number, state.Refreshed, state.Skipped, state.Failed.Count, state.Left.Count);

        var (next, givenUp) = ended.After(state);
        if (givenUp > 0)
        {
            LogGivenUp(givenUp, ended.Number);
        }

        // A pass of which nothing came would be the same again at once.
        var hasMoved = state.Refreshed + state.Skipped > 0 || ended.Batches.Count == 0;
        if (ended.Again || (ended.IsIncomplete && hasMoved))
        {
            await BeginPass(next);
        }
        else if (next.Batches.Count == 0)
        {
            if (ended.Fill is not null)
            {
                await services.FillEnded(Tag, MarkOf(next));
            }

            await End();
        }
        else
        {
            // In storage at once; its work begins later, or with the tick of the reminder.
            await Store(next);
            _worksFrom = services.Now + services.ReminderPeriod;
        }
    }

    /// <summary>Collects what is stale now; with what was carried over, it is the next pass.</summary>
    private async Task BeginPass(StoredPlan carried)
    {
        var silos = services.Alive();
        var (collected, isComplete) = await services.Collect(Tag);
        var known = collected.SelectMany(silo => silo.Keys).ToHashSet(StringComparer.Ordinal);
        var lost = carried.Batches.Select(batch => batch with { Keys = Array.FindAll(batch.Keys, key => !known.Contains(key)) });
        var next = carried.Copy();
        (next.Again, next.IsIncomplete, next.Silos) = (false, !isComplete, [.. silos.Union(carried.Silos)]);
        next.Batches =
        [
            .. collected.Concat(lost).SelectMany(silo => silo.Keys.Chunk(BatchSize).Select(keys => new PlannedBatch(silo.Home, keys))),
        ];
        if (next.Batches.Count == 0 && isComplete)
        {
            await End();
            return;
        }

        await Store(next);

        // What could not be asked is asked again, but not at once.
        (_worksFrom, _endsFrom) = (Moment.Past, isComplete ? Moment.Past : services.Now + LookPeriod);
        services.Poke(Tag);
    }

    /// <summary>Stores a pass: with this the job exists.</summary>
    private async Task Store(StoredPlan next)
    {
        var elapsed = next.Number == 1 ? TimeSpan.Zero : Elapsed;
        next.Pass = Guid.NewGuid();
        await Storage.Write(next);

        // Of another pass progress says nothing; so it may be written later.
        Storage.Begin(new() { Pass = next.Pass, Elapsed = elapsed });
        _watchedSince = services.Now;
        Resume();
        SaveSoon();
    }

    /// <summary>Nothing is left: first the job goes, then its reminder, which would find nothing.</summary>
    private async Task End()
    {
        await Storage.ClearPlan();

        // From here on there is no job: what fails of the rest does no harm, and the next tick does it again.
        (_pass, _isReminded) = (null, false);
        _looking?.Dispose();
        _looking = null;
        await Storage.ClearProgress();
        await services.ForgetReminder(this, ReminderName);
        CacheEvents.Write(CacheEvent.JobEnded, this);
    }

    private async Task EnsureReminded()
    {
        if (_pass is not null && !_isReminded)
        {
            await services.Remind(this, ReminderName);
            _isReminded = true;
        }
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
                await Task.Delay(SavePeriod, services.Time);
                await _gate.WaitAsync();
                try
                {
                    _isUnsaved = false;
                    if (_pass is { } pass)
                    {
                        (Storage.Progress.Done, Storage.Progress.Deaths, Storage.Progress.Seen) = (pass.Done, pass.Deaths, [.. pass.Seen]);
                        (Storage.Progress.Elapsed, _watchedSince) = (Elapsed, services.Now);
                        await Storage.WriteProgress();
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

    [LoggerMessage(3701, LogLevel.Debug, "Pass {Number} of the refresh of a tag ended: {Refreshed} refreshed, {Skipped} not needed, {Failed} failed, {Left} left for later")]
    private partial void LogPassEnded(int number, int refreshed, int skipped, int failed, int left);

    [LoggerMessage(3702, LogLevel.Warning, "{Count} stale entries could not be refreshed in several passes, up to pass {Number}; they are left to their readers")]
    private partial void LogGivenUp(int count, int number);

    [LoggerMessage(3703, LogLevel.Warning, "The progress of a refresh could not be stored")]
    private partial void LogNotSaved(Exception exception);
}
