using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A value as its silo keeps it: with the stamp of its token, and the records of its tags.</summary>
internal sealed class StoredValue(Value value, EntryValidity validity)
{
    public Value Value => value;

    public EntryValidity Validity => validity;

    /// <summary>A set of this key expires every value but this one: the key's expiries up to here do not count against it.</summary>
    public Stamp KeyStamp { get; set; } = validity.Stamp;
}
