using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>What a reader asks of an entry.</summary>
/// <param name="MayGenerate">Whether the reader takes a token and generates if there is nothing to serve.</param>
/// <param name="FreshOnly">Whether a stale value is as good as none: the reader is itself generating an entry from this one.</param>
/// <param name="Wait">How long to wait for another's generation.</param>
/// <param name="Sessions">The sessions that the reader holds, if it is a client that keeps values near; null if it is not.</param>
/// <param name="RequestId">The same for every attempt of one question: after a lost answer the same token is given again. Empty if it is not to be recognised.</param>
/// <param name="IsRefresh">Whether there is no reader: the cluster asks in order to refresh. It does not count as a use.</param>
/// <param name="Tags">
/// Of a reader who would wait: the tags that it would give the value. It does not wait for a generation that began before one of them was updated.
/// </param>
/// <param name="MayRefreshEarly">Whether the reader, whose factory runs behind it, takes a token with a fresh value, should that be due for a refresh.</param>
/// <param name="FillPercent">Of a warm-up, how full, in percent of its bounds, the silo may be; zero of everybody else.</param>
/// <param name="SoftTags">
/// The reader's own tags, which the entry need not bear: a value, or a generation in flight, that is older than a remembered update of one of them is as good as none for it. Null for none.
/// </param>
/// <param name="Lease">For how long a token that it gets holds, if that is less than for others; zero for as long as for others.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.AcquireRequest")]
internal sealed record AcquireRequest(
    [property: Id(0)] bool MayGenerate,
    [property: Id(1)] bool FreshOnly,
    [property: Id(2)] TimeSpan Wait,
    [property: Id(3)] SessionId[]? Sessions = null,
    [property: Id(4)] Guid RequestId = default,
    [property: Id(5)] bool IsRefresh = false,
    [property: Id(6)] string[]? Tags = null,
    [property: Id(7)] bool MayRefreshEarly = false,
    [property: Id(8)] int FillPercent = 0,
    [property: Id(9)] string[]? SoftTags = null,
    [property: Id(10)] TimeSpan Lease = default);

/// <summary>What a reader got.</summary>
internal enum AcquireStatus : byte
{
    /// <summary>A fresh value, and a token if it is due for a refresh, and this reader is the one to make it.</summary>
    Fresh = 0,

    /// <summary>A stale value, and a token if this reader is to refresh it.</summary>
    Stale = 1,

    /// <summary>No value; a token if the reader may generate.</summary>
    Miss = 2,

    /// <summary>Another generation was still running when the wait was over.</summary>
    Busy = 3,

    /// <summary>The silo has no right to serve just now: run the factory, store nothing.</summary>
    NotServing = 4,

    /// <summary>The entry belongs to another silo. Endpoints alone say so.</summary>
    Moved = 5,

    /// <summary>Another generation is running, and what was last made here was not for storing: it is not worth the wait.</summary>
    NotForStoring = 6,

    /// <summary>The silo is too full for a warm-up, which alone is told so.</summary>
    NoRoom = 7,
}

/// <summary>The answer to an <see cref="AcquireRequest"/>.</summary>
/// <param name="Status">What the reader got.</param>
/// <param name="Entry">The value, when there is one.</param>
/// <param name="Token">The right to generate, or <see cref="TokenId.None"/>.</param>
/// <param name="Near">What was said of keeping it near; null if the request named no sessions.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.Acquired")]
internal sealed record Acquired(
    [property: Id(0)] AcquireStatus Status,
    [property: Id(1)] EntrySnapshot? Entry,
    [property: Id(2)] TokenId Token,
    [property: Id(3)] NearTerms? Near = null)
{
    public static readonly Acquired Miss = new(AcquireStatus.Miss, null, TokenId.None);

    public static readonly Acquired Busy = new(AcquireStatus.Busy, null, TokenId.None);

    public static readonly Acquired Moved = new(AcquireStatus.Moved, null, TokenId.None);

    public static readonly Acquired NotForStoring = new(AcquireStatus.NotForStoring, null, TokenId.None);

    public static readonly Acquired NoRoom = new(AcquireStatus.NoRoom, null, TokenId.None);

    public static readonly Acquired NotServing = new(AcquireStatus.NotServing, null, TokenId.None);
}

/// <summary>An entry as it leaves its silo.</summary>
/// <param name="Payload">The value.</param>
/// <param name="Tags">Its tags, without the namespace.</param>
/// <param name="Life">Its life.</param>
/// <param name="Age">How old it is, as a duration: moments do not travel.</param>
/// <param name="PromiseSuspended">Served without a valid lease because the silo was told to prefer availability: it may be old, and must not be kept.</param>
/// <param name="Sliding">As in <see cref="EntryData"/>.</param>
/// <param name="EagerAt">As in <see cref="EntryData"/>.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.EntrySnapshot")]
internal sealed record EntrySnapshot(
    [property: Id(0)] Payload Payload,
    [property: Id(1)] string[] Tags,
    [property: Id(2)] CacheLife Life,
    [property: Id(3)] TimeSpan Age,
    [property: Id(4)] bool PromiseSuspended = false,
    [property: Id(5)] TimeSpan Sliding = default,
    [property: Id(6)] TimeSpan EagerAt = default);

/// <summary>A value to store.</summary>
/// <param name="Payload">The value.</param>
/// <param name="Tags">All of its tags, without the namespace.</param>
/// <param name="CopiedTags">Those of other entries that the value was made from, which are believed as of a copy; null if it was made from none.</param>
/// <param name="Life">Its life, with durations.</param>
/// <param name="IsLoaded">Whether a loader made it: the one that its key names, which the cluster may run again.</param>
/// <param name="FailSafe">How long beyond its life it may be served when no newer value can be made.</param>
/// <param name="Sliding">It also expires when it has not been read for this long; zero for never.</param>
/// <param name="Standby">Whether another silo holds a copy, should this one fall silent; null for what the silo's options say.</param>
/// <param name="EagerAt">The age from which it is refreshed behind a reader, though it is fresh; zero for never.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.EntryData")]
internal sealed record EntryData(
    [property: Id(0)] Payload Payload,
    [property: Id(1)] string[] Tags,
    [property: Id(2)] string[]? CopiedTags,
    [property: Id(3)] CacheLife Life,
    [property: Id(4)] bool IsLoaded = false,
    [property: Id(5)] TimeSpan FailSafe = default,
    [property: Id(6)] TimeSpan Sliding = default,
    [property: Id(7)] bool? Standby = null,
    [property: Id(8)] TimeSpan EagerAt = default);

/// <summary>
/// Of a set whose value was made after a moment that a silo has sealed: what that silo says of the time since. It has looked after the first trip's answer, and found the value's tags, which are the set's
/// <see cref="EntryData.CopiedTags"/>, not updated: so the value is kept as a copy is.
/// </summary>
/// <param name="IsKeyChanged">Whether the key may have been set or removed since the moment.</param>
/// <param name="LeastAge">How long before the first trip's answer the moment was, or less.</param>
/// <param name="Remembered">The soft tags that were updated since the moment, as of an <see cref="EntryCopy"/>; null if they are too many, or not all of them are known.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.SetSince")]
internal sealed record SetSince([property: Id(0)] bool IsKeyChanged, [property: Id(1)] TimeSpan LeastAge, [property: Id(2)] string[]? Remembered = null);

/// <summary>What became of a value that was to be stored.</summary>
internal enum CommitStatus : byte
{
    /// <summary>Stored, and live when it was.</summary>
    Stored = 0,

    /// <summary>One of its tags, or its key, was updated since the token was granted, or is held. It is kept nowhere.</summary>
    Superseded = 1,

    /// <summary>The token is late, unknown or replaced.</summary>
    UnknownToken = 2,

    /// <summary>The silo has no right to serve just now. Nothing was stored.</summary>
    NotServing = 3,

    /// <summary>The value breaks a limit of this silo. Nothing was stored.</summary>
    Refused = 4,
}

/// <summary>The answer to a commit.</summary>
/// <param name="Status">What became of the value.</param>
/// <param name="Fault">For a refusal, the limit and the value.</param>
/// <param name="Near">What was said of keeping the value near; null if the call named no sessions.</param>
/// <param name="IsStale">Whether one of its tags was revalidated since the token was granted: it was stored, and is stale.</param>
/// <param name="IsHeld">Whether it was superseded because one of its tags is held: what is made next will not be stored either, for a while.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.CommitOutcome")]
internal sealed record CommitOutcome(
    [property: Id(0)] CommitStatus Status,
    [property: Id(1)] string? Fault = null,
    [property: Id(2)] NearTerms? Near = null,
    [property: Id(3)] bool IsStale = false,
    [property: Id(4)] bool IsHeld = false)
{
    public static readonly CommitOutcome Stored = new(CommitStatus.Stored);

    public static readonly CommitOutcome Superseded = new(CommitStatus.Superseded);

    public static readonly CommitOutcome Held = new(CommitStatus.Superseded, IsHeld: true);

    public static readonly CommitOutcome UnknownToken = new(CommitStatus.UnknownToken);

    public static readonly CommitOutcome NotServing = new(CommitStatus.NotServing);
}

/// <summary>What can be told of an entry without its value.</summary>
/// <param name="Snapshot">Tags, life and age; the payload is left out.</param>
/// <param name="IsStale">Whether it is served stale.</param>
/// <param name="Bytes">The payload's size.</param>
/// <param name="Silo">The address of the silo that hosts it.</param>
[GenerateSerializer, Immutable, Alias("otc.EntryDescription")]
internal sealed record EntryDescription(
    [property: Id(0)] EntrySnapshot Snapshot,
    [property: Id(1)] bool IsStale,
    [property: Id(2)] int Bytes,
    [property: Id(3)] string Silo);
