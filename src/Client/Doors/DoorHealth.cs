using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Doors;

/// <summary>Whether a door answers. One that does not is left alone for a while, twice as long each time; then one question tries it.</summary>
/// <remarks>Thread-safe: all is interlocked.</remarks>
internal sealed class DoorHealth(TimeProvider time)
{
    private const int MostDoublings = 6;

    private static readonly TimeSpan FirstAvoidance = TimeSpan.FromSeconds(1);

    private long _avoidedUntil = Moment.Past.Ticks;
    private int _failures;

    public bool MayTry(Moment now)
    {
        if (Volatile.Read(ref _failures) == 0)
        {
            return true;
        }

        var until = Volatile.Read(ref _avoidedUntil);
        return now.Ticks >= until && Interlocked.CompareExchange(ref _avoidedUntil, (now + FirstAvoidance).Ticks, until) == until;
    }

    /// <summary>A message was answered, or failed. A fault that the silo itself tells of is an answer.</summary>
    public void Heard(Exception? fault)
    {
        if (fault is TimeoutException or OrleansException)
        {
            var failures = Math.Min(Interlocked.Increment(ref _failures), MostDoublings);
            Volatile.Write(ref _avoidedUntil, (time.Now() + (FirstAvoidance * (1 << (failures - 1)))).Ticks);
        }
        else if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }
    }
}
