using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>What a reader noted before it asked.</summary>
/// <param name="Stamp">Its ledger's clock.</param>
/// <param name="At">When.</param>
/// <param name="Named">The sessions that it named; null for a silo.</param>
/// <param name="SoftTags">The tags that the reader names, which the entry does not bear.</param>
internal sealed record Ask(Stamp Stamp, Moment At, SessionId[]? Named, params TagId[] SoftTags);

/// <summary>A value that a process keeps of an entry that lives elsewhere.</summary>
/// <param name="Value">The value.</param>
/// <param name="Validity">With the stamp from before it was asked for, and the held records of its tags.</param>
/// <param name="Extra">Its sliding expiration, if it has one.</param>
/// <param name="Session">A client's session; null in a silo, which serves by its own lease.</param>
/// <param name="SoftTags">The soft tags that it was kept under: for readers of others it is none.</param>
internal sealed record NearValue(Value Value, EntryValidity Validity, ExtraLife? Extra, OwnSession<int>? Session, TagId[] SoftTags);
