namespace OrleansTagCache.Lifetimes;

/// <summary>
/// A point on one process's monotonic clock, in ticks of 100 ns. It never leaves its process and is never compared with another's.
/// Arithmetic saturates, so that forever stays forever.
/// </summary>
internal readonly record struct Moment(long Ticks) : IComparable<Moment>
{
    /// <summary>Later than every moment that will come.</summary>
    public static readonly Moment Never = new(long.MaxValue);

    /// <summary>Earlier than every moment that has been.</summary>
    public static readonly Moment Past = new(long.MinValue);

    public static Moment operator +(Moment moment, TimeSpan span) => new(Saturate((Int128)moment.Ticks + span.Ticks));

    public static TimeSpan operator -(Moment later, Moment earlier) => new(Saturate((Int128)later.Ticks - earlier.Ticks));

    public static bool operator <(Moment left, Moment right) => left.Ticks < right.Ticks;

    public static bool operator >(Moment left, Moment right) => left.Ticks > right.Ticks;

    public static bool operator <=(Moment left, Moment right) => left.Ticks <= right.Ticks;

    public static bool operator >=(Moment left, Moment right) => left.Ticks >= right.Ticks;

    public static Moment Earlier(Moment left, Moment right) => left <= right ? left : right;

    public static Moment Later(Moment left, Moment right) => left >= right ? left : right;

    public int CompareTo(Moment other) => Ticks.CompareTo(other.Ticks);

    private static long Saturate(Int128 ticks) =>
        ticks > long.MaxValue ? long.MaxValue : ticks < long.MinValue ? long.MinValue : (long)ticks;
}

/// <summary>Reads moments off a <see cref="TimeProvider"/>'s monotonic timestamp.</summary>
internal static class MomentExtensions
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <remarks>Every hit reads it: where the clock counts nanoseconds, as on Linux, that is one division by a constant.</remarks>
    public static Moment Now(this TimeProvider time) => time.TimestampFrequency == NanosecondsPerSecond
        ? new(time.GetTimestamp() / TimeSpan.NanosecondsPerTick)
        : new(time.GetElapsedTime(0).Ticks);
}
