namespace OrleansTagCache.Lifetimes;

/// <summary>What may be done with a stored value: from the best to the worst, so that of two verdicts the greater holds.</summary>
internal enum Freshness : byte
{
    /// <summary>Serve it.</summary>
    Fresh = 0,

    /// <summary>Serve it, and let one reader refresh it.</summary>
    Stale = 1,

    /// <summary>Past its life by age alone: serve it only while no newer value can be made, if its options allow that.</summary>
    FailSafe = 2,

    /// <summary>Do not serve it.</summary>
    Expired = 3,
}

/// <summary>What the stalings since a value's stamp say of it; <see cref="None"/> says nothing.</summary>
/// <param name="IsStale">Whether one came after the stamp.</param>
/// <param name="Deadline">The earliest deadline among those that did.</param>
internal readonly record struct StalingVerdict(bool IsStale, Moment Deadline)
{
    public static readonly StalingVerdict None = new(false, Moment.Never);

    /// <summary>Whether the deadline has come.</summary>
    public bool IsOverAt(Moment now) => IsStale && now >= Deadline;
}
