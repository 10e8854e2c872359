using OrleansTagCache.Names;

namespace OrleansTagCache.Contracts;

/// <summary>What an update does, for people.</summary>
internal enum UpdateKind : byte
{
    /// <summary>Expires the dependents of tags.</summary>
    Update = 0,

    /// <summary>Makes the dependents of tags stale.</summary>
    Revalidate = 1,

    /// <summary>Holds tags.</summary>
    Hold = 2,

    /// <summary>Expires the earlier values of a key that was set.</summary>
    Set = 3,

    /// <summary>Expires the values of a key that was removed.</summary>
    Remove = 4,
}

/// <summary>Why an update had to wait.</summary>
internal enum DelayReason : byte
{
    /// <summary>The silo answered, and late.</summary>
    Slow = 0,

    /// <summary>An attempt to reach the silo failed before it answered.</summary>
    NoAnswer = 1,

    /// <summary>A client that keeps values near answered the silo late.</summary>
    Clients = 2,

    /// <summary>A client did not answer the silo, which waited until the lease of its session was over.</summary>
    SessionBroken = 3,

    /// <summary>The silo is dead, and what was left of its serving lease had to pass.</summary>
    LeaseWaitedOut = 4,

    /// <summary>The silo left without an answer.</summary>
    Left = 5,

    /// <summary>Everything had been acknowledged, but the coordinating silo had no serving lease and could promise nothing.</summary>
    NoServingLease = 6,
}

/// <summary>A slow update, or one that is open.</summary>
/// <param name="Tags">The first of its tags.</param>
/// <param name="More">How many more it has.</param>
/// <param name="Kind">What it does.</param>
/// <param name="At">When it began, by the clock of the coordinating silo's machine.</param>
/// <param name="Elapsed">How long it took, or has taken until now.</param>
/// <param name="IsOpen">Whether it is still open.</param>
/// <param name="DelayedBy">Who acknowledged late, the last one last; of an open one, who has not acknowledged. Bounded.</param>
[GenerateSerializer, Immutable, Alias("otc.UpdateReport")]
internal sealed record UpdateReport(
    [property: Id(0)] TagId[] Tags,
    [property: Id(1)] int More,
    [property: Id(2)] UpdateKind Kind,
    [property: Id(3)] DateTimeOffset At,
    [property: Id(4)] TimeSpan Elapsed,
    [property: Id(5)] bool IsOpen,
    [property: Id(6)] UpdateDelay[] DelayedBy);

/// <summary>One silo that an update waited for.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="After">When it acknowledged, from the beginning of the update; of an open one, for how long it has not.</param>
/// <param name="Why">Why it took so long.</param>
[GenerateSerializer, Immutable, Alias("otc.UpdateDelay")]
internal sealed record UpdateDelay([property: Id(0)] string Silo, [property: Id(1)] TimeSpan After, [property: Id(2)] DelayReason Why);

/// <summary>The slow and the open updates that a silo coordinates.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Updates">The updates, in no order.</param>
[GenerateSerializer, Immutable, Alias("otc.UpdatesOnSilo")]
internal sealed record UpdatesOnSilo([property: Id(0)] string Silo, [property: Id(1)] UpdateReport[] Updates);
