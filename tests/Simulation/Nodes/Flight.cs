using OrleansTagCache.Coherence;
using OrleansTagCache.Flights;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A process's single flight for a key. The product's own rules decide who may share it.</summary>
internal sealed class Flight : FlightState<Flight>
{
    public string Key { get; set; } = string.Empty;

    /// <summary>What was noted before the cluster was asked.</summary>
    public Ask? Ask { get; set; }

    /// <summary>The right to generate, once it was given.</summary>
    public TokenId Token { get; set; }

    public Silo? Host { get; set; }

    public Value? Made { get; set; }

    /// <summary>Whether its factory runs without a token.</summary>
    public bool IsBypassing { get; set; }

    /// <summary>Those who share it.</summary>
    public List<Reading> Readings { get; } = [];
}
