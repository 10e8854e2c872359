using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The time of one hold by its holder's clock. It is counted from the moment before the hold was asked for, and shortened; every member counts from when it heard of it, and lengthens: so while the
/// holder believes that it holds, every member does.
/// </summary>
/// <param name="AskedAt">The clock, before the attempt that brought the hold. Each attempt has one of its own.</param>
/// <param name="AtMost">How long the members hold at most.</param>
internal readonly record struct HoldTime(Moment AskedAt, TimeSpan AtMost)
{
    /// <summary>Until when the holder may believe that it holds.</summary>
    public Moment Deadline => AskedAt + LeaseTerms.Usable(AtMost);

    /// <summary>Whether it is held still, as far as the holder's clock can tell.</summary>
    public bool IsHeldAt(Moment now) => now < Deadline;

    /// <summary>For how long it is held still; zero when it is over.</summary>
    public TimeSpan LeftAt(Moment now) => IsHeldAt(now) ? Deadline - now : TimeSpan.Zero;

    /// <summary>
    /// For how many seconds it is held, counted from an earlier moment by a clock of another process: by the bound on clocks' rates, no longer than <see cref="Deadline"/> allows. Rounded down to milliseconds.
    /// </summary>
    public double SecondsFrom(Moment earlier) => Math.Floor(LeaseTerms.Usable(AskedAt - earlier + AtMost).TotalMilliseconds) / 1_000;

    /// <exception cref="ArgumentOutOfRangeException">A hold cannot last that long, or no time at all.</exception>
    public static void Check(TimeSpan atMost, string parameterName)
    {
        if (atMost <= TimeSpan.Zero || atMost > LeaseTerms.LongestHold)
        {
            throw new ArgumentOutOfRangeException(parameterName, $"Tags can be held for more than 0 and at most {LeaseTerms.LongestHold.TotalSeconds} seconds.");
        }
    }

    /// <summary>When every member has let go of it by itself, if it is not released: the last of them heard of it before the answer came.</summary>
    public static Moment OverEverywhere(Moment answeredAt, TimeSpan atMost) => answeredAt + LeaseTerms.WaitOut(atMost);

    /// <summary>
    /// Whether it was held throughout. Both are needed (invariant H4): a silo that heard of the hold late may hold it still when another's time is over, and a holder whose clock says that it holds does not know
    /// whether a silo has lost it.
    /// </summary>
    /// <param name="outcomeKnownAt">The clock, read when the outcome of the change was known.</param>
    /// <param name="isSaidBySilo">Whether a silo that acknowledged the hold itself has said that it holds it still.</param>
    public bool WasHeldThroughout(Moment outcomeKnownAt, bool isSaidBySilo) => isSaidBySilo && IsHeldAt(outcomeKnownAt);

    /// <summary>How long a hold is tried for: no longer than it would last, since what is had then is of no use.</summary>
    public static TimeSpan LongestTry(TimeSpan atMost, TimeSpan updateTimeout) => atMost < updateTimeout ? atMost : updateTimeout;
}
