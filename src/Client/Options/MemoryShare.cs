namespace OrleansTagCache;

/// <summary>
/// What the defaults take of the memory that this process may use: of a container or a service its limit, as the runtime sees it, else the machine's. Entries, values that are kept near, and request bodies leave
/// room for the process itself and for what is garbage until it is collected.
/// </summary>
internal static class MemoryShare
{
    private const long MiB = 1024 * 1024;

    /// <summary>For the runtime's own objects, those of Orleans, and those of calls; not more than half.</summary>
    private const long OwnNeed = 64 * MiB;

    /// <summary>More is of use only to those who know that it is, and say so.</summary>
    private const long Most = 256 * MiB;

    /// <summary>What the objects of this process may take, in bytes.</summary>
    public static long Limit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>What all bounds together may take of it.</summary>
    public static long Room(long limit) => limit - Math.Min(OwnNeed, limit / 2);

    /// <summary>For the entries of a silo.</summary>
    public static long OfEntries(long limit) => Room(limit) / 2;

    /// <summary>For what is kept near.</summary>
    public static long OfNearCache(long limit) => Math.Clamp(limit / 8, MiB, Most);

    /// <summary>For bodies of requests, which take twice their bytes while they are read; one of the largest value must fit.</summary>
    public static long OfBodies(long limit) => Math.Clamp(limit / 16, 4 * MiB, Most);

    /// <summary>How many tags the clients of a silo are interested in, all together: a sixteenth, at 256 bytes each.</summary>
    public static long OfInterest(long limit) => limit / 16 / 256;
}
