using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>
/// Decides whether something that may not answer is called. After some failures in a row it is left alone for a pause, then one call probes it; each failed
/// probe doubles the pause up to a bound, and any answer opens the gate again. Failures of calls from before the pause say nothing new.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="tolerated">How many failures in a row leave the gate open.</param>
/// <param name="pause">How long the first pause is.</param>
/// <param name="mostDoublings">How often the pause doubles at most.</param>
/// <remarks>Thread-safe: all is interlocked, and racing reports may be counted in any order.</remarks>
internal sealed class ProbeGate(TimeProvider time, int tolerated, TimeSpan pause, int mostDoublings)
{
    private long _nextProbe = Moment.Past.Ticks;
    private int _failures;
    private int _isProbing;

    /// <summary>Whether every call may go through.</summary>
    public bool IsOpen => Volatile.Read(ref _failures) <= tolerated;

    /// <summary>Whether this call may go through: always while the gate is open, and else as the one probe that follows a pause.</summary>
    public bool MayTry()
    {
        if (IsOpen)
        {
            return true;
        }

        var next = Volatile.Read(ref _nextProbe);
        var now = time.Now();
        if (now.Ticks < next || Interlocked.CompareExchange(ref _nextProbe, (now + pause).Ticks, next) != next)
        {
            return false;
        }

        Volatile.Write(ref _isProbing, 1);
        return true;
    }

    /// <summary>An answer came.</summary>
    /// <returns>Whether it has opened the gate.</returns>
    public bool Succeeded()
    {
        if (Volatile.Read(ref _failures) == 0)
        {
            return false;
        }

        Volatile.Write(ref _isProbing, 0);
        return Interlocked.Exchange(ref _failures, 0) > tolerated;
    }

    /// <summary>No answer came.</summary>
    /// <returns>Whether that has closed the gate.</returns>
    public bool Failed()
    {
        int failures;
        do
        {
            failures = Volatile.Read(ref _failures);
            if (failures > tolerated && Interlocked.Exchange(ref _isProbing, 0) == 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _failures, failures + 1, failures) != failures);
        if (++failures <= tolerated)
        {
            return false;
        }

        var doublings = Math.Min(failures - tolerated - 1, mostDoublings);
        Volatile.Write(ref _nextProbe, (time.Now() + (pause * (1 << doublings))).Ticks);
        return failures == tolerated + 1;
    }
}
