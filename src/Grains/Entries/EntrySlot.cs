using OrleansTagCache.Diagnostics;
using OrleansTagCache.Eviction;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Entries;

/// <summary>An entry in its place on this silo: with its gate, its waiters, and what steers eviction.</summary>
/// <remarks>
/// Every member but the use marks is guarded by <see cref="Gate"/>, or by the table's own lock where it says so. The use marks are written by readers, and read by others, without
/// a lock: they steer, they decide nothing.
/// </remarks>
internal sealed class EntrySlot(string scopedKey) : Entry(scopedKey), IEvictable<EntrySlot>
{
    private TaskCompletionSource? _waiters;
    private EvictionLinks<EntrySlot> _links;
    private long _lastUse;

    /// <summary>Guards the entry together with the index's and the ledger's counts of its value.</summary>
    /// <remarks>The object itself: there are very many, and no other has this one.</remarks>
    public object Gate => this;

    /// <summary>Set when it has left the table: whoever finds it then asks the table again.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Whether the sweeper looks after it because it has no value.</summary>
    public bool IsWatched { get; set; }

    /// <summary>Its place in the table's list, -1 for none; guarded by the table.</summary>
    public int Index { get; set; } = -1;

    /// <summary>When a value was last asked for that a loader made, or that is not there.</summary>
    public Moment LastUse => new(Volatile.Read(ref _lastUse));

    /// <summary>Its place in the order of eviction; guarded by the table.</summary>
    public ref EvictionLinks<EntrySlot> Links => ref _links;

    /// <summary>Whether the table counts its value, which is not on its way out.</summary>
    public bool IsKept => _links.IsLinked;

    public int KeyHash => StringComparer.Ordinal.GetHashCode(ScopedKey);

    /// <summary>Ends when the generation in flight does. Made by the first waiter, not with the token: a set wakes all waiters while the generation goes on.</summary>
    public Task WaitNeedsGate() => (_waiters ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <inheritdoc/>
    public override void WakeWaiters()
    {
        // They go on elsewhere, and need the gate.
        _waiters?.SetResult();
        _waiters = null;
        CacheEvents.Write(CacheEvent.TokenEnded, this);
    }

    /// <inheritdoc/>
    public override void Used(Moment now)
    {
        _links.Used();

        // Only the refreshing of what loaders made goes by it: other hits write nothing more.
        if (Value is not { IsLoaded: false })
        {
            Volatile.Write(ref _lastUse, now.Ticks);
        }
    }
}
