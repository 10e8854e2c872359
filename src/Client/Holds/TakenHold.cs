using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Holds;

/// <summary>A hold that every member has acknowledged.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Time">Its time by the holder's clock.</param>
/// <param name="AnsweredAt">The holder's clock when the answer came.</param>
/// <param name="Members">How many silos hold it.</param>
/// <param name="Coordinator">The silo that coordinates it.</param>
internal sealed record TakenHold(UpdateId Id, TagId[] Tags, HoldTime Time, Moment AnsweredAt, int Members, SiloAddress? Coordinator);
