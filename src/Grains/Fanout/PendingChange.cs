using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Fanout;

/// <summary>A change that this silo coordinates, until every member has acknowledged it and it is settled.</summary>
/// <remarks>Everything but <see cref="Completion"/> is guarded by the invalidator's lock.</remarks>
internal sealed class PendingChange(TagChange change, UpdateId? finishes, Moment begunAt)
{
    private readonly TaskCompletionSource<ChangeOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<SiloAddress, bool> _acknowledged = [];

    public TagChange Change => change;

    public Moment BegunAt => begunAt;

    /// <summary>The update of a dead coordinator that this one finishes; settled together with it.</summary>
    public UpdateId? Finishes => finishes;

    /// <summary>Ends once: complete, or incomplete for want of a lease. The change itself goes on until it is settled.</summary>
    public Task<ChangeOutcome> Completion => _completion.Task;

    /// <summary>Whether the change has to be put into that member's outbox still.</summary>
    public bool TryAddress(SiloAddress silo) => _acknowledged.TryAdd(silo, false);

    public void Acknowledged(SiloAddress silo) => _acknowledged[silo] = true;

    public bool IsAcknowledgedBy(SiloAddress silo) => _acknowledged.GetValueOrDefault(silo);

    public void End(ChangeOutcome outcome) => _completion.TrySetResult(outcome);
}
