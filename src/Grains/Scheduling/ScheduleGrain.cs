using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Scheduling;

/// <summary>
/// Runs one schedule for the cluster: <see cref="Schedule"/> says when. Silos that have it in their options keep it alive; when its own silo dies, the next call of another one brings it to life elsewhere.
/// </summary>
/// <remarks>
/// Reentrant: silos are answered while a run goes on. <see cref="_isRunning"/> makes runs follow each other. Of two activations the one that notes a run first has it: the other one's note fails, and ends it.
/// </remarks>
[Reentrant, ThroughAnyGateway, CollectionAgeLimit(Minutes = 2), GrainType("otc.schedule")]
internal sealed partial class ScheduleGrain(
    [PersistentState("schedule", TagCacheOptions.JobStorage)] IPersistentState<StoredSchedule> state,
    UpdateClient updates,
    TagCacheOptions options,
    ScheduleMetrics metrics,
    TimeProvider time,
    ILogger<ScheduleGrain> logger) : Grain, IScheduleGrain
{
    /// <summary>How long a silo's word holds that it has the schedule.</summary>
    private static readonly TimeSpan Lease = ScheduleKeeper.Period * 4;

    /// <summary>How long an activation that finds nothing in storage listens to what silos know before it begins.</summary>
    private static readonly TimeSpan Listening = ScheduleKeeper.Period * 2;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private ScheduleTerms? _terms;
    private Schedule? _schedule;
    private Moment _until = Moment.Past;
    private Moment _listensUntil;
    private DateTimeOffset _bornAt;
    private Moment _notBefore = Moment.Past;
    private TimeSpan _pause = Look;
    private bool _isRunning;
    private bool _isUnsaved;
    private (DateTimeOffset Due, bool HasFailed)? _run;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (_bornAt, _listensUntil) = (time.GetUtcNow(), time.Now() + Listening);
        this.RegisterGrainTimer(Tick, new() { DueTime = Look, Period = Look, Interleave = true });
        return Task.CompletedTask;
    }

    public ValueTask<DateTimeOffset?> Keep(ScheduleTerms terms, DateTimeOffset? reached)
    {
        if (_schedule is null)
        {
            (_terms, _schedule) = (terms, new(DueTimes.Parse(terms.Cron, terms.TimeZone), terms.SkipsMissed));
        }

        _until = time.Now() + Lease;
        if (reached is not null && (state.State.Reached is null || reached > state.State.Reached))
        {
            state.State.Reached = reached;
        }

        return new(state.State.Reached);
    }

    public ValueTask<ScheduleProgress> Describe() => new(_run is { } run
        ? new ScheduleProgress(run.Due, run.HasFailed ? ScheduleOutcome.Failed : ScheduleOutcome.Running)
        : new(state.State.LastDue, state.State switch
        {
            { LastDue: null } => ScheduleOutcome.None,
            { WasSkipped: true } => ScheduleOutcome.Skipped,
            _ => ScheduleOutcome.Ran,
        }));

    private async Task Tick()
    {
        if (_schedule is null || _isRunning || time.Now() >= _until || time.Now() < _notBefore)
        {
            return;
        }

        if (state.State.Reached is null)
        {
            if (time.Now() < _listensUntil)
            {
                return;
            }

            // It is new, or nothing is left of what was known: what has come since this activation is run.
            (state.State.Reached, _isUnsaved) = (_bornAt, true);
        }

        _isRunning = true;
        try
        {
            await RunIfDue(_schedule, _terms!);
        }
        catch (InconsistentStateException)
        {
            // Another activation has it.
            DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            (_notBefore, _pause) = (time.Now() + _pause, _pause * 2 < LongestPause ? _pause * 2 : LongestPause);
            _run = _run is { } run ? (run.Due, HasFailed: true) : null;
            LogFailed(exception, _terms!.Name);
            metrics.OnRun(Outcome.Failed);
        }
        finally
        {
            _isRunning = false;
            CacheEvents.Write(CacheEvent.ScheduleLooked, this);
        }
    }

    private async Task RunIfDue(Schedule schedule, ScheduleTerms terms)
    {
        var before = state.State.Reached;
        if (schedule.Due(state.State, time.GetUtcNow()) is { } due)
        {
            await Run(terms, due);
        }
        else if (state.State.Reached is { } reached && reached != before)
        {
            (state.State.LastDue, state.State.WasSkipped, _run, _isUnsaved) = (reached, true, null, true);
            LogPassedOver(terms.Name, reached);
            metrics.OnRun(Outcome.Skipped);
        }

        if (_isUnsaved)
        {
            await state.WriteStateAsync();
            _isUnsaved = false;
        }
    }

    private async Task Run(ScheduleTerms terms, DateTimeOffset due)
    {
        _run = (due, HasFailed: false);
        var isRepeat = state.State.Begun == due;
        if (!isRepeat)
        {
            await NoteBegun(due);
        }

        var begun = time.Now();
        await updates.Update(new(terms.Tags, terms.StaleFor), options.UpdateTimeout, CancellationToken.None);
        (state.State.Reached, _pause, _isUnsaved) = (due, Look, true);
        (state.State.LastDue, state.State.WasSkipped, _run) = (due, false, null);
        LogRan(terms.Name, due, terms.Tags.Length, time.Now() - begun, isRepeat);
        metrics.OnRun(Outcome.Refreshed);
    }

    /// <summary>What is not noted is not run: another activation could not tell.</summary>
    private async Task NoteBegun(DateTimeOffset due)
    {
        var before = state.State.Begun;
        state.State.Begun = due;
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception)
        {
            state.State.Begun = before;
            throw;
        }
    }

    [LoggerMessage(4001, LogLevel.Information, "The schedule '{Name}' ran for {Due:O}: {Tags} tags in {Elapsed}; repeated after an interruption: {IsRepeat}")]
    private partial void LogRan(string name, DateTimeOffset due, int tags, TimeSpan elapsed, bool isRepeat);

    [LoggerMessage(4002, LogLevel.Warning, "A run of the schedule '{Name}' failed; it is tried again, after longer and longer pauses of up to a minute")]
    private partial void LogFailed(Exception exception, string name);

    [LoggerMessage(4003, LogLevel.Information, "The schedule '{Name}' goes on from {Reached:O}: what was due before was missed or the clock was set back, and it is not run")]
    private partial void LogPassedOver(string name, DateTimeOffset reached);
}
