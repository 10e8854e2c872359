
namespace OrleansTagCache.Coherence;

/// <summary>
/// The arithmetic of leases. Every length is lengthened on the side that waits and shortened on the side that uses, by the bound on the
/// error of two clocks' rates and by a margin.
/// </summary>
internal static class LeaseTerms
{
    /// <summary>The bound on the error of a clock's rate against another's: 1 %.</summary>
    public const double RateError = 0.01;

    /// <summary>The margin on top: 50 ms.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// After so many readings in a row that did not show it alive, a silo's row is gone for good: six leases' worth, in which a table that was switched to a late copy of itself
    /// would have caught up, and longer than any update waits for a dead silo.
    /// </summary>
    public const int ReadingsWithoutRow = 24;

    /// <summary>How long a hold lasts at most when its holder does not say.</summary>
    public static readonly TimeSpan DefaultHold = TimeSpan.FromSeconds(10);

    /// <summary>The longest time of a hold.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(60);

    /// <summary>How long the granter of a lease, or a process that saw its holder dead, waits until nothing can be served under it.</summary>
    public static TimeSpan WaitOut(TimeSpan lease) => (lease * (1 + RateError)) + Margin;

    /// <summary>How long the holder of a lease may use it, from the moment before it asked.</summary>
    public static TimeSpan Usable(TimeSpan grant) => grant * (1 - RateError);

    /// <summary>How often a lease is renewed: four times a lease.</summary>
    public static TimeSpan RenewalPeriod(TimeSpan lease) => lease / 4;
}
