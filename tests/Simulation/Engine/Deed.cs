namespace OrleansTagCache.Simulation.Engine;

/// <summary>What a run must have done, more than once, for its silence to say something of it.</summary>
internal enum Deed
{
    /// <summary>Others ran in the middle of a turn.</summary>
    TurnInterrupted,

    /// <summary>A caller had to wait for a gate.</summary>
    GateWaitedFor,

    /// <summary>A slot was retired between being found and being entered.</summary>
    RetiredSlotFound,

    ValueEvicted,

    /// <summary>A copy was evicted from a near cache, or replaced there.</summary>
    CopyLetGo,

    DeadValueSwept,

    /// <summary>A slot was dropped with a token that was out.</summary>
    TokenDropped,

    /// <summary>A question that came again got the token that it had got before.</summary>
    TokenGivenAgain,

    /// <summary>A reader did not wait for a generation that could no longer be stored.</summary>
    TokenSuperseded,

    CommitOfUnknownToken,
    GenerationWaitedFor,
    StaleServed,
    FailSafeServed,
    SetStored,

    /// <summary>A set carried a later set's value over the expiry of its key.</summary>
    LaterSetCarriedOver,

    /// <summary>A set did not carry a value over an expiry that had come before its own.</summary>
    ExpiryNotCarriedOver,

    /// <summary>A copy of another silo's value was kept as a value.</summary>
    CopyTakenOver,

    /// <summary>A copy was not kept, since an update was open or had been settled since its ticket.</summary>
    CopySuperseded,

    /// <summary>A copy came beside a value, a generation or a set.</summary>
    CopyNotWanted,

    /// <summary>A ticket was late, or had been used.</summary>
    TicketRefused,

    /// <summary>A miss found the value at the key's former owner.</summary>
    Fetched,

    /// <summary>A reader shared the question that another had begun to the former owner.</summary>
    FetchShared,

    /// <summary>A reader was answered by the standby, since the owner was silent.</summary>
    StandbyRead,

    HoldTaken,

    /// <summary>A hold could not be had, and what had been held for it was released.</summary>
    HoldGivenUp,

    /// <summary>The source was changed while it was held.</summary>
    CommittedWhileHeld,

    /// <summary>A generation was not stored, since one of its tags was held.</summary>
    GenerationHeldBack,

    /// <summary>A value was not kept near, since one of its tags was held in the process that had made it.</summary>
    HeldBackNear,

    /// <summary>A set was not stored, since one of its tags was held.</summary>
    SetHeldBack,

    /// <summary>A holder was told that its hold was held until its end.</summary>
    ToldHeld,

    /// <summary>A holder was told that its hold had lapsed, and updated its tags.</summary>
    ToldLapsed,

    /// <summary>A silo ended a hold that its holder had not released.</summary>
    HoldEndedByItself,

    /// <summary>A joiner was told of a hold in an answer to its Hello.</summary>
    HoldAdopted,

    /// <summary>A hold was released at a silo that did not hold it.</summary>
    UnknownHoldReleased,

    /// <summary>A walk ended a value that bears all tags of an update.</summary>
    EndedByWalk,

    /// <summary>A walk ended what a process kept near.</summary>
    EndedNear,

    /// <summary>What bears only some of the tags of such an update was read and had not been generated again.</summary>
    LeftAlone,

    /// <summary>A reader with soft tags was given what is stored.</summary>
    SoftHit,

    /// <summary>A reader with soft tags was not given a value that others are served.</summary>
    SoftRefused,

    /// <summary>A copy was kept that has brought soft tags along, or of which nothing is known.</summary>
    CopyBroughtTags,

    /// <summary>A client was served from memory what it keeps under its soft tags.</summary>
    SoftHitNear,

    /// <summary>A value was stored that was made after a moment.</summary>
    SinceStored,

    /// <summary>The silo of the moment, or the entry, knew of something newer than such a value.</summary>
    SinceSuperseded,

    /// <summary>Such a value was stored with soft tags that were updated since its moment.</summary>
    SinceBroughtTags,

    /// <summary>A value since a moment was made from what another process keeps.</summary>
    SinceNested,
}
