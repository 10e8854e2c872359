using Orleans.Services;
using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Contracts;

/// <summary>The face that a silo shows to the other silos.</summary>
[Alias("otc.IPeerService")]
internal interface IPeerService : IGrainService
{
    /// <summary>Applies a batch of that coordinator, and acknowledges what this silo and its clients have let go of.</summary>
    [Alias("Deliver"), ResponseTimeout("00:00:02")]
    ValueTask<UpdateReceipt> Deliver(SiloAddress coordinator, UpdateBatch batch);

    /// <summary>The member, and every client of it, has let go of these updates of this silo, which it had not at its receipt.</summary>
    /// <param name="member">The member.</param>
    /// <param name="updates">The updates.</param>
    /// <param name="isSessionBroken">Whether the last client to let go did not, and its session was broken instead.</param>
    [Alias("Confirm"), ResponseTimeout("00:00:02")]
    ValueTask Confirm(SiloAddress member, UpdateId[] updates, bool isSessionBroken = false);

    /// <summary>
    /// A silo that is about to serve asks to be reached by every update from now on. Answered with how far this one is; null if the caller's row is dead here, or it has no version in common
    /// with this one. The caller has looked at this one's versions before, in <see cref="Report"/>: that is what silos of every version answer.
    /// </summary>
    /// <param name="silo">The caller.</param>
    /// <param name="versions">What it speaks; null from one that does not tell.</param>
    [Alias("Hello"), ResponseTimeout("00:00:02")]
    ValueTask<Standing?> Hello(SiloAddress silo, ProtocolVersions? versions = null);

    /// <summary>
    /// The second Hello of a silo that is about to serve, after it has waited for the dead ones: greets it as the first, and tells it what this one holds. A hold may have begun after the first Hello was answered, and
    /// the silo that coordinated it may have died unheard of.
    /// </summary>
    /// <param name="silo">The caller.</param>
    /// <param name="versions">What it speaks.</param>
    [Alias("HelloAgain"), ResponseTimeout("00:00:02")]
    ValueTask<HelloAgainAnswer?> HelloAgain(SiloAddress silo, ProtocolVersions versions);

    /// <summary>A silo says how far it is: it serves, or leaves.</summary>
    [Alias("Announce"), ResponseTimeout("00:00:02")]
    ValueTask Announce(SiloAddress silo, Standing standing);

    /// <summary>A ticket for a batch of copies; none if this silo does not serve.</summary>
    [Alias("Ticket"), ResponseTimeout("00:00:02")]
    ValueTask<TicketId> Ticket();

    /// <summary>Copies that were read under a ticket of this silo, after that had arrived.</summary>
    [Alias("Take"), ResponseTimeout("00:00:05")]
    ValueTask<CopyReceipt> Take(TicketId ticket, EntryCopy[] copies);

    /// <summary>That silo has sent all that it had of this silo's keys.</summary>
    [Alias("HasSent"), ResponseTimeout("00:00:02")]
    ValueTask HasSent(SiloAddress silo);

    /// <summary>The value of an entry that was this silo's; null if there is none that may be sent.</summary>
    [Alias("Copy"), ResponseTimeout("00:00:02")]
    ValueTask<EntryCopy?> Copy(string scopedKey);

    /// <summary>A silo has stopped serving for good.</summary>
    [Alias("Goodbye"), ResponseTimeout("00:00:02")]
    ValueTask Goodbye(SiloAddress silo);

    /// <summary>What this silo knows of a tag.</summary>
    [Alias("DescribeTag"), ResponseTimeout("00:00:02")]
    ValueTask<TagOnSilo> DescribeTag(TagId tag);

    /// <summary>The first dependents of a tag on this silo after a key, in ordinal order.</summary>
    [Alias("Dependents"), ResponseTimeout("00:00:03")]
    ValueTask<string[]> Dependents(TagId tag, int limit, string? after);

    /// <summary>The first tags of a namespace after one, in ordinal order, that live entries on this silo bear.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="prefix">What they begin with.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="after">The last one that is known; null for the first.</param>
    [Alias("Tags"), ResponseTimeout("00:00:03")]
    ValueTask<TagCount[]> Tags(CacheNamespace ns, string prefix, int limit, string? after);

    /// <summary>Those of the tags that entries on this silo bear which a loader made.</summary>
    [Alias("LoadedTags"), ResponseTimeout("00:00:02")]
    ValueTask<TagId[]> LoadedTags(TagId[] tags);

    /// <summary>The stale dependents of a tag on this silo that a loader made, those first that were read last, up to a bound.</summary>
    [Alias("StaleLoaded"), ResponseTimeout("00:00:10")]
    ValueTask<StaleKeys> StaleLoaded(TagId tag);

    /// <summary>There is work for this silo in the tag's refresh job.</summary>
    [Alias("Refresh"), ResponseTimeout("00:00:02")]
    ValueTask Refresh(TagId tag);

    /// <summary>What this silo remembers of a warm-up, after it has been told what the caller knows.</summary>
    /// <param name="scopedName">The namespaced name.</param>
    /// <param name="mark">What the caller knows; null if nothing.</param>
    [Alias("WarmUp"), ResponseTimeout("00:00:02")]
    ValueTask<WarmUpKnowledge> WarmUp(string scopedName, WarmUpMark? mark);

    /// <summary>The first warm-ups and schedules of a namespace that this silo knows, in ordinal order.</summary>
    [Alias("WarmUps"), ResponseTimeout("00:00:02")]
    ValueTask<WarmUpsOnSilo> WarmUps(CacheNamespace ns, int limit);

    /// <summary>How this silo is.</summary>
    [Alias("Report"), ResponseTimeout("00:00:02")]
    ValueTask<SiloReport> Report();

    /// <summary>What this silo has done since its start, and how it is: cheap enough to be asked for every second.</summary>
    [Alias("Traffic"), ResponseTimeout("00:00:02")]
    ValueTask<TrafficReport> Traffic();

    /// <summary>The tags of entries that this silo has evicted to make room, which it records for ten seconds from each question.</summary>
    /// <param name="position">Where its last answer to the caller ended; null for from now on.</param>
    [Alias("Evicted"), ResponseTimeout("00:00:02")]
    ValueTask<EvictedOnSilo> Evicted(long? position);

    /// <summary>The slowest updates of the last hour that this silo coordinated, and those that are open.</summary>
    [Alias("SlowUpdates"), ResponseTimeout("00:00:02")]
    ValueTask<UpdatesOnSilo> SlowUpdates();

    /// <summary>The keys of a namespace that were read most on this silo in the last minute, as far as its samples tell.</summary>
    [Alias("HotKeys"), ResponseTimeout("00:00:02")]
    ValueTask<HotKeysOnSilo> HotKeys(CacheNamespace ns, int limit);

    /// <summary>The entries of a namespace that weigh most on this silo, the heaviest first.</summary>
    [Alias("LargeKeys"), ResponseTimeout("00:00:05")]
    ValueTask<KeyReport[]> LargeKeys(CacheNamespace ns, int limit);

    /// <summary>Those of the entries that this silo has.</summary>
    /// <param name="ns">Their namespace.</param>
    /// <param name="keys">Their keys.</param>
    [Alias("DescribeKeys"), ResponseTimeout("00:00:02")]
    ValueTask<KeyReport[]> DescribeKeys(CacheNamespace ns, string[] keys);
}

/// <summary>The updates of a batch that the member, and every client of it, has let go of. The others are confirmed later, each by itself.</summary>
[GenerateSerializer, Immutable, Alias("otc.UpdateReceipt")]
internal sealed record UpdateReceipt([property: Id(0)] UpdateId[] Acknowledged);

/// <summary>The answer to a second Hello.</summary>
/// <param name="Standing">How far the silo is.</param>
/// <param name="Holds">What it holds.</param>
/// <param name="Incarnation">The incarnation that its updates bear; empty from one that does not tell.</param>
/// <param name="Begun">The number of the last of them: all that it begins from now on are addressed to the caller.</param>
/// <param name="Finished">The incarnations of coordinators that are gone, as far as it remembers.</param>
[GenerateSerializer, Immutable, Alias("otc.HelloAgainAnswer")]
internal sealed record HelloAgainAnswer(
    [property: Id(0)] Standing Standing,
    [property: Id(1)] HoldLeft[] Holds,
    [property: Id(2)] Guid Incarnation = default,
    [property: Id(3)] long Begun = 0,
    [property: Id(4)] Guid[]? Finished = null);

/// <summary>Stale dependents of a tag on one silo.</summary>
/// <param name="Keys">Their namespaced keys.</param>
/// <param name="AreAll">Whether there are no more.</param>
[GenerateSerializer, Immutable, Alias("otc.StaleKeys")]
internal sealed record StaleKeys([property: Id(0)] string[] Keys, [property: Id(1)] bool AreAll);

/// <summary>How a silo is, in figures.</summary>
[GenerateSerializer, Immutable, Alias("otc.SiloReport")]
internal sealed record SiloReport
{
    /// <summary>The address, with its generation.</summary>
    [Id(0)]
    public required string Silo { get; init; }

    /// <summary>Whether it serves: joined, not leaving, lease valid.</summary>
    [Id(1)]
    public required bool IsServing { get; init; }

    /// <summary>What is left of the serving lease.</summary>
    [Id(2)]
    public required TimeSpan Lease { get; init; }

    /// <summary>Entries with a value.</summary>
    [Id(3)]
    public required long Entries { get; init; }

    /// <summary>Bytes accounted for those.</summary>
    [Id(4)]
    public required long Bytes { get; init; }

    /// <summary>Reads answered with a fresh value since the start.</summary>
    [Id(5)]
    public required long Hits { get; init; }

    /// <summary>Reads answered with a stale value since the start.</summary>
    [Id(6)]
    public required long StaleHits { get; init; }

    /// <summary>Reads that found nothing to serve since the start.</summary>
    [Id(7)]
    public required long Misses { get; init; }

    /// <summary>Entries evicted to make room since the start.</summary>
    [Id(8)]
    public required long Evictions { get; init; }

    /// <summary>Tags with a record.</summary>
    [Id(9)]
    public required int TagRecords { get; init; }

    /// <summary>Updates that are not settled here.</summary>
    [Id(10)]
    public required int OpenUpdates { get; init; }

    /// <summary>The other silos that this one's updates must reach.</summary>
    [Id(11)]
    public required string[] Members { get; init; }

    /// <summary>The bound on bytes.</summary>
    [Id(12)]
    public required long MaximumBytes { get; init; }

    /// <summary>Sessions of clients that keep this silo's entries.</summary>
    [Id(13)]
    public required int Sessions { get; init; }

    /// <summary>Tags, keys among them, that those sessions are interested in.</summary>
    [Id(14)]
    public required int Interest { get; init; }

    /// <summary>Pushes that clients have not acknowledged.</summary>
    [Id(15)]
    public required int Pushes { get; init; }

    /// <summary>Updates that this silo coordinates and that are not settled, with who has not acknowledged.</summary>
    [Id(16)]
    public required string[] DelayedBy { get; init; }

    /// <summary>Values of other silos' entries, and of its own, that this silo's process keeps near.</summary>
    [Id(18)]
    public required int NearEntries { get; init; }

    /// <summary>Sessions broken since the start, because their clients did not acknowledge in time.</summary>
    [Id(17)]
    public required long BrokenSessions { get; init; }

    /// <summary>Entries that belong to other silos and are still to be sent there.</summary>
    [Id(19)]
    public long ToSend { get; init; }

    /// <summary>Entries that other silos have kept of this one since its start.</summary>
    [Id(20)]
    public long Sent { get; init; }

    /// <summary>Entries that other silos were sent and did not keep since the start.</summary>
    [Id(21)]
    public long NotKept { get; init; }

    /// <summary>Copies of other silos' entries that this one holds as a standby.</summary>
    [Id(23)]
    public long StandbyCopies { get; init; }

    /// <summary>Bytes accounted for those.</summary>
    [Id(24)]
    public long StandbyBytes { get; init; }

    /// <summary>Entries whose standby has not acknowledged what they have now.</summary>
    [Id(25)]
    public long StandbyWaiting { get; init; }

    /// <summary>Silos that lack more copies than those that wait: they took none when they were asked last.</summary>
    [Id(26)]
    public int StandbysBehind { get; init; }

    /// <summary>Silos that own keys, as this one sees it.</summary>
    [Id(27)]
    public int Owners { get; init; }

    /// <summary>Whether this silo has sent all that belongs to others of them, as far as they took it.</summary>
    [Id(28)]
    public bool IsSettled { get; init; }

    /// <summary>For how long this silo has waited for others to send it what is its own now; null if it does not.</summary>
    [Id(22)]
    public TimeSpan? FillingFor { get; init; }

    /// <summary>What this silo speaks; null from one that does not tell.</summary>
    [Id(29)]
    public ProtocolVersions? Versions { get; init; }

    /// <summary>The version that it speaks with all the others: the newest that each of them knows. Zero from one that does not tell.</summary>
    [Id(30)]
    public int Spoken { get; init; }

    /// <summary>Holds that are held there now.</summary>
    [Id(31)]
    public int Holds { get; init; }

    /// <summary>For how long the oldest of them has been held there; null if none is.</summary>
    [Id(32)]
    public TimeSpan? OldestHold { get; init; }

    /// <summary>How its process is; null from one that does not tell.</summary>
    [Id(33)]
    public ProcessReport? Process { get; init; }
}
