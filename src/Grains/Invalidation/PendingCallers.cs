using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Invalidation;

/// <summary>The callers that wait for the updates that this silo coordinates, until each is settled; and which member delayed them.</summary>
/// <remarks>Guarded by the invalidator's lock, but for the tasks, whose continuations run elsewhere.</remarks>
internal sealed partial class PendingCallers(SiloMetrics metrics, SiloAddress self, TimeProvider time, ILogger logger)
{
    /// <summary>Of each update the last who delayed it are remembered.</summary>
    private const int MostDelays = 8;

    /// <summary>An update that took longer was delayed by some member.</summary>
    private static readonly TimeSpan Delayed = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<UpdateId, Caller> _callers = [];
    private readonly SlowUpdates _slow = new(time);

    /// <summary>An update begins. The task ends once: complete, or incomplete for want of a lease. The activity ends when the update is settled.</summary>
    /// <param name="update">The update.</param>
    /// <param name="isSet">Whether it expires the earlier values of a key that was set.</param>
    /// <param name="activity">Its activity, if it is traced.</param>
    public Task<UpdateOutcome> Add(TagUpdate update, bool isSet, Activity? activity)
    {
        var caller = new Caller(update, isSet, time.Now(), activity);
        _callers.Add(update.Id, caller);
        return caller.Completion.Task;
    }

    /// <summary>Whether an update goes on that has taken so long by now that people may want to know why.</summary>
    public bool IsLate(UpdateId id, Moment now) => _callers.TryGetValue(id, out var caller) && now - caller.BegunAt > SlowUpdates.Least;

    /// <summary>A late update has waited until now for a silo.</summary>
    public void WasDelayed(UpdateId id, SiloAddress silo, Moment now, DelayReason why)
    {
        var caller = _callers[id];
        var (name, delays) = (silo.ToString(), caller.Delays ??= []);
        if (!delays.Exists(delay => delay.Silo == name && delay.Why == why))
        {
            if (delays.Count == MostDelays)
            {
                delays.RemoveAt(0);
            }

            delays.Add(new(name, now - caller.BegunAt, why));
        }
    }

    /// <summary>The slowest of the last hour, and those that have gone on longest.</summary>
    /// <param name="waitsFor">Who has not acknowledged an update, and why.</param>
    public UpdateReport[] Slow(Func<UpdateId, IEnumerable<(SiloAddress Silo, DelayReason Why)>> waitsFor)
    {
        var now = time.Now();
        var open = _callers.Values.Where(caller => now - caller.BegunAt > SlowUpdates.Least).OrderBy(caller => caller.BegunAt.Ticks).Take(SlowUpdates.Kept)
            .Select(caller => _slow.Report(caller.Update, caller.Kind, now - caller.BegunAt, isOpen: true,
                [.. waitsFor(caller.Update.Id).Take(MostDelays).Select(delay => new UpdateDelay(delay.Silo.ToString(), now - caller.BegunAt, delay.Why))]));
        return [.. open, .. _slow.Of(now)];
    }

    /// <summary>A member has acknowledged. False if the update is settled already, or is not coordinated by this silo.</summary>
    public bool Heard(UpdateId id, string who)
    {
        if (!_callers.TryGetValue(id, out var caller))
        {
            return false;
        }

        caller.Last = who;
        return true;
    }

    /// <summary>For how long an update has been on its way; zero if it is settled.</summary>
    public TimeSpan WaitedFor(UpdateId id) => _callers.TryGetValue(id, out var caller) ? time.Now() - caller.BegunAt : TimeSpan.Zero;

    /// <summary>This silo may not promise anything just now. The update goes on.</summary>
    public void EndWithoutLease(UpdateId id)
    {
        _callers[id].LackedLease = true;
        _callers[id].Completion.TrySetResult(UpdateOutcome.Incomplete("The coordinating silo has no valid serving lease."));
    }

    /// <summary>A hold that could not be had is waited for by no one any more.</summary>
    public void GiveUp(UpdateId hold)
    {
        if (_callers.Remove(hold, out var caller))
        {
            Tracing.End(caller.Activity);
        }
    }

    /// <summary>An update is complete.</summary>
    /// <returns>The update.</returns>
    public TagUpdate EndComplete(UpdateId id, int members)
    {
        var caller = _callers[id];
        var now = time.Now();
        var elapsed = now - caller.BegunAt;
        if (_slow.IsSlow(elapsed, now))
        {
            if (caller.LackedLease)
            {
                WasDelayed(id, self, now, DelayReason.NoServingLease);
            }

            _slow.Keep(caller.Update, caller.Kind, elapsed, now, [.. caller.Delays ?? []]);
        }

        _callers.Remove(id);
        caller.Activity?.SetTag(Tracing.MembersTag, members);
        metrics.OnUpdate(caller.Operation, elapsed, caller.Activity);
        metrics.Tags?.OnUpdate(caller.Operation, caller.Update.Tags);
        Tracing.End(caller.Activity);
        caller.Completion.TrySetResult(UpdateOutcome.Complete(members));
        if (elapsed > Delayed)
        {
            LogDelayed(elapsed.TotalSeconds, caller.Last ?? "a member that has left");
        }

        return caller.Update;
    }

    [LoggerMessage(3303, LogLevel.Warning, "An update took {Seconds:0.0} s. The last to acknowledge: {Who}")]
    private partial void LogDelayed(double seconds, string who);

    private sealed class Caller(TagUpdate update, bool isSet, Moment begunAt, Activity? activity)
    {
        public TagUpdate Update => update;

        public string Operation => update.HoldFor is not null ? "hold" : update.StaleFor is not null ? "revalidate" : "update";

        public UpdateKind Kind => update switch
        {
            { HoldFor: not null } => UpdateKind.Hold,
            { StaleFor: not null } => UpdateKind.Revalidate,
            { ChangesTags: true } => UpdateKind.Update,
            _ => isSet ? UpdateKind.Set : UpdateKind.Remove,
        };

        public Activity? Activity => activity;

        public Moment BegunAt => begunAt;

        public TaskCompletionSource<UpdateOutcome> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Last { get; set; }

        public bool LackedLease { get; set; }

        public List<UpdateDelay>? Delays { get; set; }
    }
}
