namespace OrleansTagCache;

/// <summary>What a call of a factory may do with the entry.</summary>
internal enum ReadMode : byte
{
    /// <summary>Take it, or make and store it.</summary>
    Cached = 0,

    /// <summary>Make it, whatever is stored, and store it.</summary>
    Refill = 1,

    /// <summary>Take it, or make it for those who ask now, and store nothing.</summary>
    Unstored = 2,

    /// <summary>Make it for those who ask now: neither take nor store.</summary>
    Uncached = 3,
}
