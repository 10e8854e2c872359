using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Entries;

/// <summary>An entry in its place on this silo: with its gate, its waiters, and what steers eviction.</summary>
/// <remarks>
/// Every member but the use marks is guarded by <see cref="Gate"/>, or by the table's own lock where it says so. The use marks are written by readers, and read by the evictor, without
/// a lock: they steer, they decide nothing.
/// </remarks>
internal sealed class EntrySlot(string scopedKey) : Entry(scopedKey)
{
    private const int MaximumUses = 15;

    private TaskCompletionSource? _waiters;
    private int _uses;
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

    public Moment LastUse => new(Volatile.Read(ref _lastUse));

    /// <summary>What keeps it: the last use, and for each recent use some time on top. The evictor takes the smallest of a sample.</summary>
    public Moment Worth => LastUse + TimeSpan.FromSeconds(10L * Volatile.Read(ref _uses));

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
        Volatile.Write(ref _lastUse, now.Ticks);
        var uses = Volatile.Read(ref _uses);
        if (uses < MaximumUses)
        {
            Volatile.Write(ref _uses, uses + 1);
        }
    }

    /// <summary>It was looked at for eviction and stays: old uses count less next time.</summary>
    public void Spared() => Volatile.Write(ref _uses, Volatile.Read(ref _uses) / 2);
}
