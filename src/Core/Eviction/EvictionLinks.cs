namespace OrleansTagCache.Eviction;

/// <summary>An entry's place in an <see cref="EvictionOrder{T}"/>: 24 bytes. The default is in no order.</summary>
/// <typeparam name="T">The entry.</typeparam>
/// <remarks>Readers call <see cref="Used"/> on any thread and without a lock; everything else is the order's.</remarks>
internal struct EvictionLinks<T>
    where T : class, IEvictable<T>
{
    /// <summary>Two bits: what was read three times since it was last looked at counts no more than that.</summary>
    internal const byte MaximumUses = 3;

    internal T? Older;
    internal T? Newer;
    internal int Bytes;
    internal EvictionQueue Queue;

    /// <summary>A byte of its own, so that a reader's write touches nothing else. One that is lost steers eviction a little, and decides nothing.</summary>
    private byte _uses;

    /// <summary>How often it was read, up to three; less than that by each look of the order.</summary>
    public readonly int Uses => Volatile.Read(in _uses);

    internal readonly bool IsLinked => Queue != EvictionQueue.None;

    /// <summary>It was read. Writes nothing once the count is full: what many read is not to go from core to core.</summary>
    public void Used()
    {
        var uses = Volatile.Read(ref _uses);
        if (uses < MaximumUses)
        {
            Volatile.Write(ref _uses, (byte)(uses + 1));
        }
    }

    internal void SetUses(int uses) => Volatile.Write(ref _uses, (byte)uses);
}

/// <summary>Where an entry is.</summary>
internal enum EvictionQueue : byte
{
    None,
    Small,
    Main,

    /// <summary>Not in the order: in a list of its owner's.</summary>
    Beside,
}
