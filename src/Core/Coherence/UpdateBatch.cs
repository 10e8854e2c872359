namespace OrleansTagCache.Coherence;

/// <summary>Updates on their way from their coordinator to one member.</summary>
/// <param name="Incarnation">The incarnation of the coordinator's invalidator, which its own updates bear.</param>
/// <param name="Updates">What the member applies and acknowledges, in the order in which the updates began.</param>
/// <param name="Settled">Updates that every member has acknowledged.</param>
/// <param name="OldestUnsettled">Every update of this coordinator with a smaller number is settled.</param>
/// <param name="Trace">The <c>traceparent</c> of the delivery, if it is traced.</param>
/// <param name="Released">Holds that have ended; null for none.</param>
/// <param name="Begun">The number of the last update that the coordinator had begun; zero from one that does not tell.</param>
[GenerateSerializer, Immutable, Alias("otc.UpdateBatch")]
internal sealed record UpdateBatch(
    [property: Id(0)] Guid Incarnation,
    [property: Id(1)] TagUpdate[] Updates,
    [property: Id(2)] UpdateId[] Settled,
    [property: Id(3)] long OldestUnsettled,
    [property: Id(4)] string? Trace = null,
    [property: Id(5)] HoldRelease[]? Released = null,
    [property: Id(6)] long Begun = 0);
