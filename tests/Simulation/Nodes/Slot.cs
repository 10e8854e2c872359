using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>An entry of the product in its place on a simulated silo: with its gate and its waiters.</summary>
internal sealed class Slot(string scopedKey, Silo silo) : Entry(scopedKey)
{
    private readonly List<Action> _waiters = [];

    /// <summary>Set when it has left the table.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Whether a turn that was interrupted holds its gate.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Those who want the gate while it is held.</summary>
    public List<Action> Blocked { get; } = [];

    /// <summary>Has a reader ask again when the generation in flight ends, or at that moment at the latest.</summary>
    public void Wait(Moment until, Action again)
    {
        var isDone = false;
        _waiters.Add(Once);
        silo.After(until - silo.Now, "has waited long enough", Once);

        void Once()
        {
            if (!isDone)
            {
                isDone = true;
                again();
            }
        }
    }

    public override void WakeWaiters()
    {
        foreach (var waiter in _waiters)
        {
            silo.Soon($"asks for {ScopedKey} again", waiter);
        }

        _waiters.Clear();
    }

    public override void Used(Moment now)
    {
    }
}
