using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

internal enum FlightPhase
{
    Asking,
    Generating,
    Closing,
    Bypassing,
    Ended,
}

/// <summary>A process's single flight for a key, and who may share it (invariant F1).</summary>
internal sealed class Flight(string key)
{
    public string Key => key;

    public FlightPhase Phase { get; set; }

    /// <summary>The ledger's clock, read before the cluster was asked.</summary>
    public Stamp Stamp { get; set; }

    public Moment AskedAt { get; set; }

    public Silo? Host { get; set; }

    public Value? Made { get; set; }

    /// <summary>Those who came before it asked: they take anything.</summary>
    public List<Reading> Early { get; } = [];

    /// <summary>Those who came while the factory ran: they take the value if the commit finds it live.</summary>
    public List<Reading> Late { get; } = [];

    /// <summary>Those who came while a question or a run without a lease was on its way: they ask again, but for a value found live since.</summary>
    public List<Reading> Next { get; } = [];

    /// <summary>Those who came after the commit was sent: they ask again.</summary>
    public List<Reading> MustAsk { get; } = [];
}
