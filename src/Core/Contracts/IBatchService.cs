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

    /// <summary>Waits until the standby of the entry has what the entry has, for a second at the longest. False if it has not by then.</summary>
    [Alias("Secure"), ResponseTimeout("00:00:02")]
    ValueTask<bool> Secure(string scopedKey);

    /// <summary>As <see cref="IEntryGrain.Abandon"/>; null where there is no answer.</summary>
    [Alias("Abandon"), ResponseTimeout("00:00:05")]
    ValueTask<bool?> Abandon(string scopedKey, TokenId token, bool isForStoring);

    /// <summary>As <see cref="IEntryGrain.BeginSet"/>; null where there is no answer.</summary>
    [Alias("BeginSets"), ResponseTimeout("00:00:05")]
    ValueTask<SetBegun?[]> BeginSets(string[] scopedKeys);

    /// <summary>As <see cref="IEntryGrain.Set"/> and <see cref="IEntryGrain.Remove"/>, but that it does not wait long for those that are held up; null where there is no answer.</summary>
    [Alias("Change"), ResponseTimeout("00:00:05")]
    ValueTask<KeyChanged?[]> Change(KeyChange[] changes);

    /// <summary>How a change ended that was held up; null if it is not known here.</summary>
    /// <param name="pending">From the answer to it.</param>
    [Alias("Finish"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome?> Finish(long pending);

    /// <summary>As <see cref="ITagGrain.Update"/>.</summary>
    /// <param name="tag">The tag through which it is changed.</param>
    /// <param name="request">The update.</param>
    /// <param name="requestId">The same for every attempt of one request.</param>
    [Alias("Update"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome?> Update(string tag, UpdateRequest request, Guid requestId);

    /// <summary>As <see cref="ITagGrain.UpdateAll"/>.</summary>
    /// <inheritdoc cref="Update"/>
    [Alias("UpdateAll"), ResponseTimeout("00:00:05")]
    ValueTask<UpdateOutcome?> UpdateAll(string tag, UpdateRequest request, Guid requestId);

    /// <summary>As <see cref="ITagGrain.Hold"/>.</summary>
    [Alias("Hold"), ResponseTimeout("00:00:05")]
    ValueTask<HoldOutcome> Hold(HoldRequest request);

    /// <summary>As <see cref="ITagGrain.Release"/>.</summary>
    [Alias("Release"), ResponseTimeout("00:00:02")]
    ValueTask<bool> Release(HoldRelease hold);
}

/// <summary>A read of one entry among many: see <see cref="AcquireRequest"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.EntryRead")]
internal sealed record EntryRead(
    [property: Id(0)] string ScopedKey,
    [property: Id(1)] bool MayGenerate,
    [property: Id(2)] bool FreshOnly,
    [property: Id(3)] Guid RequestId,
    [property: Id(4)] bool MayRefreshEarly = false,
    [property: Id(5)] TimeSpan Lease = default);

/// <summary>What is offered to one entry among many.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.EntryOffer")]
internal sealed record EntryOffer([property: Id(0)] string ScopedKey, [property: Id(1)] TokenId Token, [property: Id(2)] EntryData Data);

/// <summary>The token of a set, one among many; none without the right to serve.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.SetBegun")]
internal sealed record SetBegun([property: Id(0)] TokenId Token);

/// <summary>The second trip of a plain set, or a removal, one among many.</summary>
/// <param name="ScopedKey">The entry.</param>
/// <param name="Token">Of a set, from its first trip.</param>
/// <param name="Data">Of a set, the value; null for a removal.</param>
/// <param name="Age">Of a set, as in <see cref="IEntryGrain.Set"/>.</param>
/// <param name="Trace">As in <see cref="IEntryGrain.Set"/>.</param>
/// <param name="Since">As in <see cref="IEntryGrain.Set"/>.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.KeyChange")]
internal sealed record KeyChange(
    [property: Id(0)] string ScopedKey,
    [property: Id(1)] TokenId Token = default,
    [property: Id(2)] EntryData? Data = null,
    [property: Id(3)] TimeSpan Age = default,
    [property: Id(4)] string? Trace = null,
    [property: Id(5)] SetSince? Since = null);

/// <summary>The answer to a <see cref="KeyChange"/>.</summary>
/// <param name="Commit">Of a set, what became of the value.</param>
/// <param name="Update">What became of the earlier values; null while some process has not let go of them.</param>
/// <param name="Pending">Then, what to ask by.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.KeyChanged")]
internal sealed record KeyChanged([property: Id(0)] CommitOutcome? Commit, [property: Id(1)] UpdateOutcome? Update, [property: Id(2)] long Pending = 0);

/// <summary>Tells where the batch services of the cluster's silos are. It runs on the silo that is called.</summary>
[Alias("otc.IEndpointsGrain")]
internal interface IEndpointsGrain : IGrainWithIntegerKey
{
    /// <summary>The endpoints, with what each silo speaks. It is the first that a client asks.</summary>
    /// <param name="name">The caller's process, for people; null from one that does not tell.</param>
    /// <param name="versions">What the caller speaks; null from one that does not tell.</param>
    [Alias("Find"), ResponseTimeout("00:00:02")]
    ValueTask<EndpointAddress[]> Find(string? name = null, ProtocolVersions? versions = null);
}

/// <summary>Where a silo's batch service is reached.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Identity">Its identity for other silos. For a client it is named by the silo's gateway.</param>
/// <param name="Gateway">The silo's gateway, as Orleans' clients name it; null if it has none.</param>
/// <param name="Versions">What the silo speaks; null if it, or the one that answers, does not tell.</param>
[GenerateSerializer, Immutable, Alias("otc.EndpointAddress")]
internal sealed record EndpointAddress(
    [property: Id(0)] SiloAddress Silo,
    [property: Id(1)] GrainId Identity,
    [property: Id(2)] SiloAddress? Gateway,
    [property: Id(3)] ProtocolVersions? Versions = null);
