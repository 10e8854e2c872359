using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Flights;

/// <summary>
/// How long one read goes on waiting for what others make. Once it has waited long enough it shares a run of those who have as well, and stores nothing; and should
/// that hang too, it runs its own factory, alone.
/// </summary>
internal sealed class Patience(Moment until)
{
    public Moment Until { get; private set; } = until;

    public bool IsOver { get; private set; }

    public bool IsOverTwice { get; private set; }

    public TimeSpan Left(Moment now) => Until - now is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>It has waited in vain.</summary>
    /// <param name="until">How long it waits for the run that it shares next.</param>
    public void Extend(Moment until) => (Until, IsOverTwice, IsOver) = (until, IsOver, true);
}
