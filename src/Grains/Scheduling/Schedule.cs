namespace OrleansTagCache.Scheduling;

/// <summary>
/// Which due times of a schedule are run.
///
/// <para><b>Promise.</b> Each due time that comes while the cluster is there is run once. A run is noted before it begins and after it has ended, so one whose silo dies in the middle is begun again; what it
/// does may be repeated then, which is harmless. Of due times that came together, such as during a long run, or while no silo was there, the last alone is run.</para>
///
/// <para><b>Clocks.</b> Due times follow the machine's date. One that was run is not run again if the date is set back by less than <see cref="LongestStepBack"/>; if it is set back further, the schedule goes on from the
/// new date.</para>
/// </summary>
/// <remarks>Not thread-safe: it belongs to one grain.</remarks>
internal sealed class Schedule(DueTimes due, bool skipsMissed)
{
    /// <summary>A due time that is older was missed; a younger one is late.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>How far ahead of the clock the last run may be before it is taken for a mistake of that time's clock.</summary>
    public static readonly TimeSpan LongestStepBack = TimeSpan.FromHours(1);

    /// <summary>The due time to run now; null if there is none. What is passed over moves <see cref="StoredSchedule.Reached"/>, in memory.</summary>
    public DateTimeOffset? Due(StoredSchedule state, DateTimeOffset now)
    {
        if (state.Reached is not { } reached || reached > now + LongestStepBack)
        {
            (state.Reached, state.Begun) = (now, null);
            return null;
        }

        if (due.Last(reached, now) is not { } last)
        {
            return null;
        }

        // One that was begun was not missed.
        if (skipsMissed && now - last > Grace && state.Begun != last)
        {
            state.Reached = last;
            return null;
        }

        return last;
    }
}
