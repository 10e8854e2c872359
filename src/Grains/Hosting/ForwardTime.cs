namespace OrleansTagCache.Hosting;

/// <summary>
/// A clock whose date follows the machine's forward, and never goes back. Orleans counts the periods of its loops by dates: of a clock that was set back by an hour it looks for dead silos,
/// reads the membership table and writes its own row after an hour only.
/// </summary>
/// <remarks>Thread-safe. It goes on beside the machine's until that has caught up; the dates in the rows of the membership table are the machine's.</remarks>
internal sealed class ForwardTime(TimeProvider time) : SteadyTime(time)
{
    private readonly TimeProvider _machine = time;
    private long _lead;

    public override DateTimeOffset GetUtcNow()
    {
        var steady = base.GetUtcNow();
        var lead = (_machine.GetUtcNow() - steady).Ticks;
        for (var most = Volatile.Read(ref _lead); ; most = Volatile.Read(ref _lead))
        {
            if (lead <= most)
            {
                return steady.AddTicks(most);
            }

            if (Interlocked.CompareExchange(ref _lead, lead, most) == most)
            {
                return steady.AddTicks(lead);
            }
        }
    }
}
