using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Invalidation;

/// <summary>The callers that wait for the updates that this silo coordinates, until each is settled; and which member delayed them.</summary>
/// <remarks>Guarded by the invalidator's lock, but for the tasks, whose continuations run elsewhere.</remarks>
internal sealed partial class PendingCallers(SiloMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>An update that took longer was delayed by some member.</summary>
    private static readonly TimeSpan Delayed = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<UpdateId, Caller> _callers = [];

    /// <summary>An update begins. The task ends once: complete, or incomplete for want of a lease. The activity ends when the update is settled.</summary>
    public Task<UpdateOutcome> Add(UpdateId id, Activity? activity)
    {
        var caller = new Caller(time.Now(), activity);
        _callers.Add(id, caller);
        return caller.Completion.Task;
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

    /// <summary>This silo may not promise anything just now. The update goes on.</summary>
    public void EndWithoutLease(UpdateId id) =>
        _callers[id].Completion.TrySetResult(UpdateOutcome.Incomplete("The coordinating silo has no valid serving lease."));

    /// <summary>A hold that could not be had is waited for by no one any more.</summary>
    public void GiveUp(UpdateId hold)
    {
        if (_callers.Remove(hold, out var caller))
        {
            Tracing.End(caller.Activity);
        }
    }

    public void EndComplete(UpdateId id, int members)
    {
        _callers.Remove(id, out var caller);
        caller!.Activity?.SetTag(Tracing.MembersTag, members);
        Tracing.End(caller.Activity);
        caller.Completion.TrySetResult(UpdateOutcome.Complete(members));
        var elapsed = time.Now() - caller.BegunAt;
        metrics.OnUpdate(elapsed);
        if (elapsed > Delayed)
        {
            LogDelayed(elapsed.TotalSeconds, caller.Last ?? "a member that has left");
        }
    }

    [LoggerMessage(3303, LogLevel.Warning, "An update took {Seconds:0.0} s. The last to acknowledge: {Who}")]
    private partial void LogDelayed(double seconds, string who);

    private sealed class Caller(Moment begunAt, Activity? activity)
    {
        public Activity? Activity => activity;

        public Moment BegunAt => begunAt;

        public TaskCompletionSource<UpdateOutcome> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Last { get; set; }
    }
}
