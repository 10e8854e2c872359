namespace OrleansTagCache.Contracts;

/// <summary>An entry as it moves from one silo to another, as of a reading at which it was live. Tokens, generations in flight and stamps do not travel.</summary>
/// <param name="ScopedKey">The entry.</param>
/// <param name="Data">Its value, with the life that is left to believe: of a value that a revalidation made stale, one that is stale now and ends at the deadline.</param>
/// <param name="Age">How old it was, as a duration: moments do not travel.</param>
/// <param name="Idle">How long ago it was read last; zero unless it has a sliding expiration.</param>
/// <param name="IsSet">Whether it was set, and not made for a reader.</param>
/// <param name="IsForStandby">Whether its sender goes on owning the key, and sends a newer one when it has one.</param>
/// <param name="Remembered">The soft tags that were updated since it was made, as far as its sender knows; null if they are too many, or from a silo that does not tell.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.EntryCopy")]
internal sealed record EntryCopy(
    [property: Id(0)] string ScopedKey,
    [property: Id(1)] EntryData Data,
    [property: Id(2)] TimeSpan Age,
    [property: Id(3)] TimeSpan Idle,
    [property: Id(4)] bool IsSet,
    [property: Id(5)] bool IsForStandby = false,
    [property: Id(6)] string[]? Remembered = null);

/// <summary>What became of a copy at the silo that was to keep it.</summary>
internal enum CopyStatus : byte
{
    /// <summary>It is a value like any other now.</summary>
    Kept = 0,

    /// <summary>The silo has no right to serve just now.</summary>
    NotServing = 1,

    /// <summary>The ticket is late, used, or of an earlier incarnation.</summary>
    UnknownTicket = 2,

    /// <summary>One of its tags, or its key, was updated since the ticket, or is being updated.</summary>
    Superseded = 3,

    /// <summary>The silo has a value of its own: readers must not go back in time.</summary>
    HasOwn = 4,

    /// <summary>A generation or a set of the key is in flight.</summary>
    InFlight = 5,

    /// <summary>It breaks a limit of the silo.</summary>
    Refused = 6,
}
