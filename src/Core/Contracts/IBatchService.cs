using Orleans.Services;
using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>
/// Takes the calls of one process to the entries of one silo: reads and commits of many entries in one message, since each then costs a small part of a call. What belongs
/// to another silo is not answered: the entry's grain is called then.
/// </summary>
[Alias("otc.IBatchService")]
internal interface IBatchService : IGrainService
{
    /// <summary>As <see cref="IEntryGrain.Acquire"/>, without waiting; <see cref="Acquired.Moved"/> for what belongs to another silo, null where there is no answer.</summary>
    [Alias("Acquire"), ResponseTimeout("00:00:02")]
    ValueTask<Acquired?[]> Acquire(EntryRead[] reads, SessionId[]? sessions);

    /// <summary>As <see cref="IEntryGrain.Commit"/>; null where there is no answer.</summary>
    [Alias("Commit"), ResponseTimeout("00:00:05")]
    ValueTask<CommitOutcome?[]> Commit(EntryOffer[] offers, SessionId[]? sessions);

    /// <summary>As <see cref="IEntryGrain.Abandon"/>; null where there is no answer.</summary>
    [Alias("Abandon"), ResponseTimeout("00:00:05")]
    ValueTask<bool?> Abandon(string scopedKey, TokenId token, bool isForStoring);

    /// <summary>As <see cref="IEntryGrain.BeginSet"/>; null where there is no answer.</summary>
    [Alias("BeginSet"), ResponseTimeout("00:00:05")]
    ValueTask<TokenId?> BeginSet(string scopedKey);

    /// <summary>As <see cref="IEntryGrain.Set"/>; null where there is no answer.</summary>
    [Alias("Set"), ResponseTimeout("00:00:05")]
    ValueTask<SetOutcome?> Set(EntryOffer offer, TimeSpan age, string? trace);

    /// <summary>As <see cref="IEntryGrain.Remove"/>; null where there is no answer.</summary>
    [Alias("Remove"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome?> Remove(string scopedKey, string? trace);

    /// <summary>As <see cref="ITagGrain.Update"/>.</summary>
    /// <param name="tag">The tag through which it is changed.</param>
    /// <param name="request">The update.</param>
    /// <param name="requestId">The same for every attempt of one request.</param>
    [Alias("Update"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome?> Update(string tag, UpdateRequest request, Guid requestId);
}

/// <summary>A read of one entry among many: see <see cref="AcquireRequest"/>.</summary>
[GenerateSerializer, Immutable, Alias("otc.EntryRead")]
internal sealed record EntryRead(
    [property: Id(0)] string ScopedKey,
    [property: Id(1)] bool MayGenerate,
    [property: Id(2)] bool FreshOnly,
    [property: Id(3)] Guid RequestId);

/// <summary>What is offered to one entry among many.</summary>
[GenerateSerializer, Immutable, Alias("otc.EntryOffer")]
internal sealed record EntryOffer([property: Id(0)] string ScopedKey, [property: Id(1)] TokenId Token, [property: Id(2)] EntryData Data);

/// <summary>Tells where the batch services of the cluster's silos are. It runs on the silo that is called.</summary>
[Alias("otc.IEndpointsGrain")]
internal interface IEndpointsGrain : IGrainWithIntegerKey
{
    [Alias("Find"), ResponseTimeout("00:00:02")]
    ValueTask<EndpointAddress[]> Find();
}

/// <summary>Where a silo's batch service is reached.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Identity">Its identity for other silos. For a client it is named by the silo's gateway.</param>
/// <param name="Gateway">The silo's gateway, as Orleans' clients name it; null if it has none.</param>
[GenerateSerializer, Immutable, Alias("otc.EndpointAddress")]
internal sealed record EndpointAddress([property: Id(0)] SiloAddress Silo, [property: Id(1)] GrainId Identity, [property: Id(2)] SiloAddress? Gateway);
