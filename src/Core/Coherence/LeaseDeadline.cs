using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The right to serve, as a deadline. It is extended only by a renewal that found the holder alive, and counted from the moment BEFORE
/// the renewal asked (invariant V1).
/// </summary>
/// <remarks>Thread-safe. <see cref="IsValid"/> is given the clock as read at this use, never a kept reading.</remarks>
internal sealed class LeaseDeadline
{
    private long _deadline = Moment.Past.Ticks;
    private volatile bool _ended;

    /// <summary>Whether the right was given up for good.</summary>
    public bool HasEnded => _ended;

    public bool IsValid(Moment now) => now.Ticks < Volatile.Read(ref _deadline) && !_ended;

    /// <summary>What is left of the lease; zero when nothing is.</summary>
    public TimeSpan Remaining(Moment now)
    {
        var left = new Moment(Volatile.Read(ref _deadline)) - now;
        return left > TimeSpan.Zero && !_ended ? left : TimeSpan.Zero;
    }

    /// <summary>The holder was found alive by a renewal that began at <paramref name="askedAt"/>. One that ends late changes nothing.</summary>
    public void Renewed(Moment askedAt, TimeSpan lease)
    {
        var deadline = (askedAt + lease).Ticks;
        var seen = Volatile.Read(ref _deadline);
        while (seen < deadline)
        {
            var found = Interlocked.CompareExchange(ref _deadline, deadline, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    /// <summary>Gives the right up for good: no renewal revives it.</summary>
    public void End() => _ended = true;
}
