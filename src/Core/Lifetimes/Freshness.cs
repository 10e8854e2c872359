namespace OrleansTagCache.Lifetimes;

/// <summary>What may be done with a stored value.</summary>
internal enum Freshness : byte
{
    /// <summary>Serve it.</summary>
    Fresh = 0,

    /// <summary>Serve it, and let one reader refresh it.</summary>
    Stale = 1,

    /// <summary>Do not serve it.</summary>
    Expired = 2,
}

/// <summary>What the stalings since a value's stamp say of it; <see cref="None"/> says nothing.</summary>
/// <param name="IsStale">Whether one came after the stamp.</param>
/// <param name="Deadline">The earliest deadline among those that did.</param>
internal readonly record struct StalingVerdict(bool IsStale, Moment Deadline)
{
    public static readonly StalingVerdict None = new(false, Moment.Never);

    /// <summary>Whether the deadline has come.</summary>
    public bool IsOverAt(Moment now) => IsStale && now >= Deadline;

    public static StalingVerdict Combine(StalingVerdict left, StalingVerdict right) =>
        new(left.IsStale || right.IsStale, Moment.Earlier(left.Deadline, right.Deadline));
}

/// <summary>Decides freshness from age and stalings. Expiry by tag is the ledger's word and comes before this.</summary>
internal static class FreshnessRule
{
    public static Freshness Of(CacheLife life, TimeSpan age, StalingVerdict staling, Moment now)
    {
        if (age > life.Expire || staling.IsOverAt(now))
        {
            return Freshness.Expired;
        }

        return age > life.Revalidate || staling.IsStale ? Freshness.Stale : Freshness.Fresh;
    }
}
