namespace OrleansTagCache.Coherence;

/// <summary>
/// A reading of one ledger's clock, taken before a value is asked for or generated. Local to its process: it never crosses the network,
/// and a value that moves gets a new one.
/// </summary>
internal readonly record struct Stamp(long Value)
{
    public static readonly Stamp Zero = new(0);

    /// <summary>Older than every reading of a clock.</summary>
    public static readonly Stamp None = new(-1);

    /// <summary>Newer than every expiry that will come.</summary>
    public static readonly Stamp Never = new(long.MaxValue);

    public static bool operator <(Stamp left, Stamp right) => left.Value < right.Value;

    public static bool operator >(Stamp left, Stamp right) => left.Value > right.Value;

    public static bool operator <=(Stamp left, Stamp right) => left.Value <= right.Value;

    public static bool operator >=(Stamp left, Stamp right) => left.Value >= right.Value;

    public static Stamp Min(Stamp left, Stamp right) => left <= right ? left : right;

    public static Stamp Max(Stamp left, Stamp right) => left >= right ? left : right;
}
