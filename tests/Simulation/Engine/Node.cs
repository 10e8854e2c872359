using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Simulation.Engine;

/// <summary>One process: a clock of its own rate, and the states in which it hears nothing.</summary>
internal abstract class Node(World world, string name, double rate = 1)
{
    public World World => world;

    public string Name => name;

    /// <summary>Neither runs nor hears; what arrives piles up until it thaws.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Crashed or ended; it never comes back under this identity.</summary>
    public bool IsGone { get; private set; }

    public bool IsRunning => !IsFrozen && !IsGone;

    /// <summary>How far its clock is from others': nothing may depend on it.</summary>
    public TimeSpan Ahead { get; init; }

    /// <summary>The monotonic clock, as read at this use.</summary>
    public Moment Now => new((long)(World.Time.Ticks * rate) + Ahead.Ticks);

    public void Crash()
    {
        IsGone = true;
        World.Forget(this);
        World.Note(this, $"is gone");
    }

    /// <summary>Goes on in a later turn: other turns and threads may run in between.</summary>
    public void Soon(string text, Action run) => World.Add(new(this, null, text, run));

    /// <summary>Goes on when this process's clock has moved so far.</summary>
    public void After(TimeSpan delay, string text, Action run)
    {
        if (World.HasTimers)
        {
            World.Add(new(this, null, text, run) { Due = Now + delay });
        }
    }

    /// <summary>Sends a message; it may be lost, repeated, overtaken or late.</summary>
    public void Send(Node to, string text, Action run)
    {
        if (!to.IsGone)
        {
            World.Add(new(to, this, text, run));
        }
    }

    public override string ToString() => name;
}
