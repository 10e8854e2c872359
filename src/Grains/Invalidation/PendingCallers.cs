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
    public Task<UpdateOutcome> Add(TagUpdate update, Activity? activity)
    {
        var operation = update.HoldFor is not null ? "hold" : update.StaleFor is not null ? "revalidate" : "update";
        var caller = new Caller(operation, time.Now(), activity);
        _callers.Add(update.Id, caller);
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
        var elapsed = time.Now() - caller!.BegunAt;
        caller.Activity?.SetTag(Tracing.MembersTag, members);
        metrics.OnUpdate(caller.Operation, elapsed, caller.Activity);
        Tracing.End(caller.Activity);
        caller.Completion.TrySetResult(UpdateOutcome.Complete(members));
        if (elapsed > Delayed)
        {
            LogDelayed(elapsed.TotalSeconds, caller.Last ?? "a member that has left");
        }
    }

    [LoggerMessage(3303, LogLevel.Warning, "An update took {Seconds:0.0} s. The last to acknowledge: {Who}")]
    private partial void LogDelayed(double seconds, string who);

    private sealed class Caller(string operation, Moment begunAt, Activity? activity)
    {
        public string Operation => operation;

        public Activity? Activity => activity;

        public Moment BegunAt => begunAt;

        public TaskCompletionSource<UpdateOutcome> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Last { get; set; }
    }
}
