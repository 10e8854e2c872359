using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Entries;

/// <summary>An entry grain activated on this silo, as the table, the index and the sweeper see it.</summary>
/// <remarks>
/// <see cref="Value"/> is published: the grain reads it on its own thread, the reader of many, the sweeper and the evictor on theirs. It is written only under
/// <see cref="Gate"/>. The use marks are written by readers, and read by the evictor, without a lock: they steer, they decide nothing.
/// </remarks>
internal sealed class LocalEntry(string scopedKey, IGrainContext context)
{
    private const int MaximumUses = 15;

    private volatile StoredValue? _value;
    private int _uses;
    private long _lastUse;
    private long _busyUntil = Moment.Past.Ticks;

    /// <summary>Guards <see cref="Value"/> together with the index's and the ledger's counts of it.</summary>
    /// <remarks>The object itself: there are very many, and no other has this one.</remarks>
    public object Gate => this;

    public string ScopedKey { get; } = scopedKey;

    public IGrainContext Context { get; } = context;

    public StoredValue? Value => _value;

    /// <summary>Until when a token may come back: such an activation is not sent away. A token that is never used ends with its lease.</summary>
    public Moment BusyUntil
    {
        get => new(Volatile.Read(ref _busyUntil));
        set => Volatile.Write(ref _busyUntil, value.Ticks);
    }

    /// <summary>Set under <see cref="Gate"/> when it is to be sent away: it gives no token any more, since the value could not be stored.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>A token goes out. False if the activation is on its way out: then another one gives tokens.</summary>
    public bool TryBeBusy(Moment until)
    {
        lock (Gate)
        {
            if (!IsRetired)
            {
                BusyUntil = Moment.Later(BusyUntil, until);
            }

            return !IsRetired;
        }
    }

    /// <summary>It is to be sent away, unless it has a value or a token is out.</summary>
    /// <param name="now">The clock.</param>
    /// <param name="evenIfBusy">Whether a token that is out is lost.</param>
    public bool TryRetire(Moment now, bool evenIfBusy)
    {
        lock (Gate)
        {
            return IsRetired = IsRetired || (_value is null && !IsClosed && (evenIfBusy || now >= BusyUntil));
        }
    }

    /// <summary>Set under <see cref="Gate"/> when the activation ends: nothing is stored any more.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Its place in the table's list, -1 for none; guarded by the table.</summary>
    public int Index { get; set; } = -1;

    public Moment LastUse => new(Volatile.Read(ref _lastUse));

    /// <summary>What keeps it: the last use, and for each recent use some time on top. The evictor takes the smallest of a sample.</summary>
    public Moment Worth => LastUse + TimeSpan.FromSeconds(10L * Volatile.Read(ref _uses));

    public void SetValueNeedsGate(StoredValue? value) => _value = value;

    public void Used(Moment now)
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
