using OrleansTagCache.Coherence;

namespace OrleansTagCache.Fanout;

/// <summary>What is to be sent to one member. One batch is on its way at a time; what arrives meanwhile shares the next.</summary>
/// <remarks>Guarded by the invalidator's lock.</remarks>
internal sealed class Outbox
{
    /// <summary>The most changes in a batch; a member that was away gets the rest in the batches after it.</summary>
    private const int MaximumBatch = 1_000;

    private readonly List<PendingChange> _changes = [];
    private readonly List<UpdateId> _settled = [];

    /// <summary>Whether a sender is at work on this outbox.</summary>
    public bool IsSending { get; set; }

    public bool IsEmpty => _changes.Count == 0 && _settled.Count == 0;

    public void Add(PendingChange change) => _changes.Add(change);

    public void AddSettled(UpdateId id) => _settled.Add(id);

    public (List<PendingChange> Changes, List<UpdateId> Settled) TakeBatch()
    {
        var changes = Take(_changes);
        return (changes, Take(_settled));
    }

    /// <summary>The batch was lost, or part of it was not acknowledged: it goes first again.</summary>
    public void PutBack(IReadOnlyList<PendingChange> changes, IReadOnlyList<UpdateId> settled)
    {
        _changes.InsertRange(0, changes);
        _settled.InsertRange(0, settled);
    }

    public void Clear()
    {
        _changes.Clear();
        _settled.Clear();
    }

    private static List<T> Take<T>(List<T> from)
    {
        var count = Math.Min(from.Count, MaximumBatch);
        var taken = from.GetRange(0, count);
        from.RemoveRange(0, count);
        return taken;
    }
}
