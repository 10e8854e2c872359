using Orleans.Services;
using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>
/// The door of one silo: it passes questions to the grains of the entries and tags that belong there, and says no more than they would. Entries are asked
/// many at once, since each then costs a small part of a call. What belongs to another silo is not answered: that is asked of its grain alone.
/// </summary>
[Alias("otc.IDoorService")]
internal interface IDoorService : IGrainService
{
    /// <summary>As <see cref="IEntryGrain.Acquire"/>, without waiting; <see cref="Acquired.Moved"/> for what belongs to another silo, null where there is no answer.</summary>
    [Alias("Acquire"), ResponseTimeout("00:00:02")]
    ValueTask<Acquired?[]> Acquire(EntryQuestion[] questions, SessionId[]? sessions);

    /// <summary>As <see cref="IEntryGrain.Commit"/>; null where there is no answer.</summary>
    [Alias("Commit"), ResponseTimeout("00:00:05")]
    ValueTask<CommitOutcome?[]> Commit(EntryOffer[] offers, SessionId[]? sessions);

    /// <summary>As <see cref="ITagGrain.Change"/>.</summary>
    /// <param name="tag">The tag through which it is changed.</param>
    /// <param name="request">The change.</param>
    /// <param name="asker">Who asks.</param>
    [Alias("Change"), ResponseTimeout("00:00:05")]
    ValueTask<ChangeOutcome?> Change(string tag, ChangeRequest request, Guid asker);
}

/// <summary>What is asked of one entry among many: see <see cref="AcquireRequest"/>.</summary>
[GenerateSerializer, Immutable, Alias("otc.EntryQuestion")]
internal sealed record EntryQuestion(
    [property: Id(0)] string ScopedKey,
    [property: Id(1)] bool MayGenerate,
    [property: Id(2)] bool FreshOnly,
    [property: Id(3)] Guid Asker);

/// <summary>What is offered to one entry among many.</summary>
[GenerateSerializer, Immutable, Alias("otc.EntryOffer")]
internal sealed record EntryOffer([property: Id(0)] string ScopedKey, [property: Id(1)] GenerationId Token, [property: Id(2)] EntryData Data);

/// <summary>Tells where the doors of the cluster's silos are. It runs wherever it is asked.</summary>
[Alias("otc.IDoorsGrain")]
internal interface IDoorsGrain : IGrainWithIntegerKey
{
    [Alias("Find"), ResponseTimeout("00:00:02")]
    ValueTask<DoorAddress[]> Find();
}

/// <summary>The door of a silo.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Identity">Its identity for other silos. For a client it is named by the silo's gateway.</param>
/// <param name="Gateway">The silo's gateway, as Orleans' clients name it; null if it has none.</param>
[GenerateSerializer, Immutable, Alias("otc.DoorAddress")]
internal sealed record DoorAddress([property: Id(0)] SiloAddress Silo, [property: Id(1)] GrainId Identity, [property: Id(2)] SiloAddress? Gateway);
