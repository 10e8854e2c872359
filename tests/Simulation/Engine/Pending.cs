using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Simulation.Engine;

/// <summary>Something that may happen next: a message that arrives, a turn that goes on, a timer that is due.</summary>
/// <param name="At">Where it happens.</param>
/// <param name="From">Who sent the message; null for a turn or a timer.</param>
/// <param name="Text">What it is.</param>
/// <param name="Run">What happens.</param>
internal sealed record Pending(Node At, Node? From, string Text, Action Run)
{
    /// <summary>For a timer: when it is due by the clock of its process.</summary>
    public Moment Due { get; init; } = Moment.Past;

    /// <summary>Whether the network has been given the chance to repeat it.</summary>
    public bool IsRepeat { get; init; }

    public bool IsMessage => From is not null && From != At;

    public bool IsTimer => Due != Moment.Past;
}
