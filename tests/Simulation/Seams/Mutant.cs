namespace OrleansTagCache.Simulation.Seams;

/// <summary>One rule of the protocol removed. Section 9 lists them.</summary>
internal enum Mutant
{
    None,
    StampAfterFactory,
    CheckOnlyAtCommit,
    JoinerUnchecked,
    NoAcknowledgementAwaited,
    NoServingLease,
    LeaseFromAfterRead,
    DeadDroppedAtOnce,
    NoHello,
    NoWaitForDeadRows,
    CompletedWithoutLease,
    InterestAfterCheck,
    ClientLeaseOutlivesSilo,
    BrokenSessionRevived,
    FloorNotRaised,
    LateTagUnchecked,
    DeadlinePushedOut,
    CopyKeptWhileOpen,
    SettleWithoutClockStep,
    MembersAsOfBegin,
    TokenBeforeServing,
    SetStoredOnArrival,
    RunJoinedInBypass,
    GoodbyeWithoutClients,
    AnswerOfOldSessionKept,
    InterestRemovedByPush,
    ClockBeforeRecords,
    RecordCreatedWithZero,
    SettleClosesAnother,
    BatchSharedAfterSending,

    /// <summary>Not in the list: the deadlines of revalidations are not checked, neither when a value is stored nor when it is read.</summary>
    DeadlineUnchecked,

    /// <summary>Not in the list: a client keeps what it generated although the value was revalidated meanwhile at its silo.</summary>
    StaleKeptAtCommit,

    /// <summary>Not in the list: a plain set that does not say how old its value was when its token came.</summary>
    SetValueOlderThanToken,

    /// <summary>Not in the list: a client that has acknowledged a revalidation is not told of updates of what it serves stale.</summary>
    RevalidationForgetsInterest,

    /// <summary>Not in the list: a record is dropped while an update is open at it.</summary>
    OpenRecordDropped,

    /// <summary>Not in the list: whatever token is shown, the one that is out is taken.</summary>
    TokenOfAnother,

    /// <summary>Not in the list: a caller that found a slot before it was retired goes on with it.</summary>
    RetiredSlotUsed,

    /// <summary>Not in the list: a client keeps a value that left its entry while it was read.</summary>
    EvictedValueKept,

    /// <summary>Not in the list: a set carries its value over an expiry of its key by another silo.</summary>
    CarriedOverOthers,

    /// <summary>Not in the list: a reader gets a value that is just being carried over an expiry of its key.</summary>
    CarriedValueRead,

    /// <summary>Not in the list: a set's value outlives every later expiry of its key.</summary>
    CarriedOverAll,

    /// <summary>Not in the list: a value past its life is served for fail-safe although an update has expired it.</summary>
    FailSafeAfterUpdate,

    /// <summary>Not in the list: a slot that begins to keep a value does not learn what was known of its key.</summary>
    KeyNotTakenOver,

    /// <summary>Not in the list: what was forgotten of a key does not count against a value that is about to be kept.</summary>
    KeyFloorUnchecked,

    /// <summary>Not in the list: the ledger does not find a near slot any more when the records of its value are still to be released.</summary>
    SlotLeftBeforeItsRecords,

    /// <summary>Not in the list: a caller shares the answer to a request that was sent before it came.</summary>
    JoinedWhileAsking,

    /// <summary>Not in the list: a caller shares a value whose commit was sent before it came.</summary>
    JoinedWhileCommitting,

    /// <summary>A copy is judged by a ticket that is taken when it arrives.</summary>
    TicketOnArrival,

    /// <summary>The value is read before the ticket has come.</summary>
    ReadBeforeTicket,

    /// <summary>A silo sends copies without a valid lease.</summary>
    SenderWithoutLease,

    /// <summary>A silo sends copies after it has stopped serving for good: the same rule, in another configuration.</summary>
    SentAfterGoodbye,

    /// <summary>A copy is kept although an update of it is open, or was settled since its ticket.</summary>
    MovedCopyUnchecked,

    /// <summary>A copy is kept while a set of its key is in flight.</summary>
    CopyKeptBesideASet,

    /// <summary>A value that a revalidation made stale moves as a fresh one.</summary>
    StaleTravelsAsFresh,

    /// <summary>The age of a copy counts from its arrival.</summary>
    AgeFromArrival,

    /// <summary>Who shares a question to the former owner takes its answer although it was not kept.</summary>
    FetchJoinedUnkept,

    /// <summary>A standby answers without a valid lease.</summary>
    StandbyWithoutLease,

    /// <summary>A standby gives tokens.</summary>
    StandbyGivesTokens,

    /// <summary>A hold ends without an expiry.</summary>
    ReleaseWithoutExpiry,

    /// <summary>A hold ends first, and expires its tags in a second step.</summary>
    HoldEndsBeforeItsExpiry,

    /// <summary>What was generated while its tag is held, one that was discovered late too, is stored.</summary>
    GenerationStoredWhileHeld,

    /// <summary>What was set while its tag is held is stored.</summary>
    SetStoredWhileHeld,

    /// <summary>A silo keeps near what it generated while the tag was held there, and not yet where the value belongs.</summary>
    GeneratedKeptNearWhileHeld,

    /// <summary>A copy is kept under a held tag.</summary>
    HoldNotOpen,

    /// <summary>A record is dropped while its tag is held.</summary>
    HeldRecordDropped,

    /// <summary>The release of one hold ends another of the same tag.</summary>
    ReleaseEndsAnother,

    /// <summary>A silo says <i>held</i> of a hold that it has from a Hello.</summary>
    HeldSaidByAdopter,

    /// <summary>A joiner says Hello once, and does not ask what is held.</summary>
    OneHello,

    /// <summary>A joiner says its second Hello before the dead are waited out.</summary>
    SecondHelloBeforeTheWait,

    /// <summary>A silo does not say in its answer to a second Hello what it holds.</summary>
    HelloWithoutHolds,

    /// <summary>A silo that begins to serve forgets what it was given to hold.</summary>
    HoldsWipedByServing,

    /// <summary>A joiner counts the time of a hold that it is told of from nothing, not from what is left.</summary>
    AdoptedTimeFromNothing,

    /// <summary>A hold is returned without a valid lease.</summary>
    HoldWithoutLease,

    /// <summary>A hold is returned when those have acknowledged it that were members when it began.</summary>
    HoldMembersAsOfBegin,

    /// <summary>A hold is returned before all members have acknowledged it.</summary>
    HoldUnawaited,

    /// <summary>A reader who joined takes what was not stored, since a tag of it is held.</summary>
    HeldAnswerJoined,

    /// <summary>A hold is finished as an update would be, when its coordinator dies.</summary>
    HoldFinishedByOthers,

    /// <summary>A member counts the time of a hold from the sender's clock.</summary>
    DeadlineBySendersClock,

    /// <summary>The holder counts its time from the answer.</summary>
    HolderTimeFromAnswer,

    /// <summary>A repeated question gets the same hold, and the holder counts its time from the repeat.</summary>
    RepeatCountsAnew,

    /// <summary>The holder does not look at its clock after the commit.</summary>
    HeldWithoutLook,

    /// <summary>The end of a hold is not noted as a change of its tags: a set that was called before it knows nothing of it.</summary>
    ReleaseUnnoted,

    /// <summary>A commit does not ask whether an update of all of its tags has come since its token.</summary>
    ConjunctionForgotten,

    /// <summary>A commit asks before walks can find its value, and not again.</summary>
    ConjunctionAskedTooEarly,

    /// <summary>A copy is kept while an update of all of its tags is open.</summary>
    ConjunctionNotOpen,

    /// <summary>A conjunction is forgotten without raising the floor.</summary>
    ConjunctionFloorNotRaised,

    /// <summary>A conjunction is forgotten while an update of it is open.</summary>
    OpenConjunctionDropped,

    /// <summary>A push of an update of all of several tags takes the interest in each of them away.</summary>
    ConjunctionTakesInterest,

    /// <summary>What a walk has ended is served where no fresh value is.</summary>
    EndedValueServed,

    /// <summary>A silo collects the interested sessions before its walk.</summary>
    WalkAfterInterest,

    /// <summary>A silo acknowledges before its walk.</summary>
    AcknowledgedBeforeWalk,

    /// <summary>A walk leaves out what a silo holds as a standby.</summary>
    WalkMissesCopies,

    /// <summary>A walk leaves out the near cache of the silo.</summary>
    WalkMissesNear,

    /// <summary>A client acknowledges before its walk.</summary>
    ClientWalksLate,

    /// <summary>A client walks over what it keeps, and does not remember the update for what is on its way.</summary>
    ConjunctionUnknownToClient,

    /// <summary>A near cache stores a value without asking once more, when a walk may have gone by.</summary>
    NearStoredUnasked,

    /// <summary>An update of all of several tags expires what bears any of them.</summary>
    ConjunctionAsAny,

    /// <summary>A remembered tag is forgotten without raising the floor of these.</summary>
    SoftFloorNotRaised,

    /// <summary>A tag that is remembered anew starts with nothing, whatever was forgotten.</summary>
    RememberedCreatedWithZero,

    /// <summary>A reader gets what is there, whatever its soft tags are.</summary>
    SoftTagsUnchecked,

    /// <summary>A copy is believed without what its sender remembers.</summary>
    CopyWithoutWhatIsRemembered,

    /// <summary>A copy is believed although a remembered update is open where it comes.</summary>
    OpenRememberedBelieved,

    /// <summary>A copy is believed although a remembered update was settled since its ticket.</summary>
    SettledRememberedBelieved,

    /// <summary>Remembered tags are forgotten as others are, while values here are older.</summary>
    RememberedDroppedTooEarly,

    /// <summary>A reader who has soft tags takes what is kept near for readers who have none.</summary>
    SoftReadFromNear,

    /// <summary>A client's interest in its soft tags is registered only after they were checked.</summary>
    SoftInterestAfterCheck,

    /// <summary>The silo of a moment does not look which tags were updated since.</summary>
    SinceTagsUnjudged,

    /// <summary>The silo of a moment does not look which updates were open there at the moment.</summary>
    SinceOpenUnjudged,

    /// <summary>The silo of a moment does not look whether the key was set or removed since.</summary>
    SinceKeyUnjudged,

    /// <summary>The silo of a moment takes a value that was revalidated since for a fresh one.</summary>
    SinceStalingUnjudged,

    /// <summary>The silo of a moment looks before the token has come.</summary>
    SinceJudgedBeforeToken,

    /// <summary>The silo of a moment looks without a valid lease.</summary>
    SinceJudgedWithoutLease,

    /// <summary>A value since a moment is kept although an update of its tags is open where it comes, or was settled since its token.</summary>
    SinceNotACopy,

    /// <summary>The silo of a moment does not say which soft tags were updated since.</summary>
    SinceSoftTagsNotTold,

    /// <summary>A value since a moment is believed although a remembered update is open where it comes, or was settled since its token: the rules of copies, in another configuration.</summary>
    SinceSoftTagsBelieved,

    /// <summary>Of two values since moments the one that comes last stays.</summary>
    SinceInOrderOfArrival,
}

/// <summary>Which rule is removed in the search that this thread runs.</summary>
internal static class Mutants
{
    [ThreadStatic]
    private static Mutant _current;

    public static Mutant Current
    {
        get => _current;
        set => _current = value;
    }

    public static IEnumerable<Mutant> All => Enum.GetValues<Mutant>().Where(mutant => mutant != Mutant.None);

    public static bool Is(Mutant mutant) => _current == mutant;
}
