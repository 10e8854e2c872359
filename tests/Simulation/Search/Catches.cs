using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Search;

/// <summary>In which small configuration each removed rule is found.</summary>
internal static class Catches
{
    public static string ConfigurationOf(Mutant mutant) => mutant switch
    {
        Mutant.StampAfterFactory or Mutant.JoinerUnchecked or Mutant.LateTagUnchecked or Mutant.FloorNotRaised or Mutant.RecordCreatedWithZero or Mutant.JoinedWhileCommitting => "generation",
        Mutant.RunJoinedInBypass => "bypass",
        Mutant.JoinedWhileAsking => "shared-read",
        Mutant.SetStoredOnArrival or Mutant.SetValueOlderThanToken => "set",
        Mutant.CheckOnlyAtCommit or Mutant.NoAcknowledgementAwaited or Mutant.CopyKeptWhileOpen or Mutant.SettleWithoutClockStep or Mutant.ClockBeforeRecords => "copy",
        Mutant.SettleClosesAnother => "copy-two-updates",
        Mutant.BatchSharedAfterSending => "batch",
        Mutant.InterestAfterCheck => "client",
        Mutant.InterestRemovedByPush => "client-two-updates",
        Mutant.BrokenSessionRevived => "broken-session",
        Mutant.AnswerOfOldSessionKept => "old-session",
        Mutant.ClientLeaseOutlivesSilo => "client-of-dead-silo",
        Mutant.NoServingLease or Mutant.LeaseFromAfterRead or Mutant.DeadDroppedAtOnce => "dead-silo",
        Mutant.NoWaitForDeadRows or Mutant.CompletedWithoutLease => "successor",
        Mutant.NoHello or Mutant.TokenBeforeServing => "joiner",
        Mutant.MembersAsOfBegin => "joiner-copies",
        Mutant.GoodbyeWithoutClients => "leaver",
        Mutant.DeadlineUnchecked => "generation-revalidated",
        Mutant.StaleKeptAtCommit => "client-revalidated",
        Mutant.RevalidationForgetsInterest => "client-stale-updated",
        Mutant.OpenRecordDropped => "removed-copy",
        Mutant.TokenOfAnother => "dropped-token",
        Mutant.RetiredSlotUsed => "retired-slot",
        Mutant.EvictedValueKept => "evicted-read",
        Mutant.CarriedOverOthers or Mutant.CarriedValueRead => "two-sets",
        Mutant.KeyNotTakenOver or Mutant.KeyFloorUnchecked => "removed-in-flight",
        Mutant.SlotLeftBeforeItsRecords => "evicted-copy",
        Mutant.CarriedOverAll => "set-removed",
        Mutant.FailSafeAfterUpdate => "fail-safe",
        Mutant.DeadlinePushedOut => "revalidations",
        Mutant.TicketOnArrival or Mutant.ReadBeforeTicket or Mutant.MovedCopyUnchecked => "move",
        Mutant.SenderWithoutLease => "move-of-dead-silo",
        Mutant.SentAfterGoodbye => "move-of-leaver",
        Mutant.CopyKeptBesideASet => "move-and-set",
        Mutant.StaleTravelsAsFresh or Mutant.AgeFromArrival => "move-revalidated",
        Mutant.FetchJoinedUnkept => "fetch",
        Mutant.StandbyGivesTokens => "standby",
        Mutant.StandbyWithoutLease => "standby-of-dead-silo",
        Mutant.ReleaseWithoutExpiry or Mutant.HoldEndsBeforeItsExpiry or Mutant.GenerationStoredWhileHeld or Mutant.HeldAnswerJoined => "hold",
        Mutant.HeldRecordDropped => "hold-forgotten",
        Mutant.SetStoredWhileHeld or Mutant.ReleaseUnnoted => "hold-set",
        Mutant.HoldUnawaited => "hold-copy",
        Mutant.HoldNotOpen => "hold-move",
        Mutant.GeneratedKeptNearWhileHeld => "hold-near",
        Mutant.ReleaseEndsAnother => "two-holds",
        Mutant.HolderTimeFromAnswer or Mutant.RepeatCountsAnew => "hold-over",
        Mutant.HeldWithoutLook => "hold-arrives-late",
        Mutant.DeadlineBySendersClock => "hold-by-another-clock",
        Mutant.HoldFinishedByOthers => "hold-of-dead-coordinator",
        Mutant.HelloWithoutHolds or Mutant.HoldsWipedByServing or Mutant.AdoptedTimeFromNothing or Mutant.OneHello => "hold-joiner",
        Mutant.SecondHelloBeforeTheWait or Mutant.HoldWithoutLease => "hold-unheard-of",
        Mutant.HoldMembersAsOfBegin => "hold-met-while-joining",
        Mutant.HeldSaidByAdopter => "hold-adopted",
        Mutant.ConjunctionForgotten or Mutant.ConjunctionFloorNotRaised => "joint",
        Mutant.ConjunctionAskedTooEarly => "joint-walk",
        Mutant.ConjunctionAsAny => "joint-apart",
        Mutant.OpenConjunctionDropped => "joint-forgotten",
        Mutant.ConjunctionNotOpen or Mutant.WalkMissesNear or Mutant.AcknowledgedBeforeWalk => "joint-copy",
        Mutant.NearStoredUnasked => "joint-near",
        Mutant.WalkAfterInterest or Mutant.ClientWalksLate or Mutant.ConjunctionUnknownToClient => "joint-client",
        Mutant.ConjunctionTakesInterest => "joint-then-update",
        Mutant.EndedValueServed => "joint-fail-safe",
        Mutant.WalkMissesCopies => "joint-standby",
        Mutant.SoftTagsUnchecked or Mutant.SoftFloorNotRaised => "soft",
        Mutant.RememberedCreatedWithZero => "soft-anew",
        Mutant.RememberedDroppedTooEarly => "soft-kept",
        Mutant.SoftReadFromNear => "soft-near",
        Mutant.SoftInterestAfterCheck => "soft-client",
        Mutant.CopyWithoutWhatIsRemembered or Mutant.OpenRememberedBelieved or Mutant.SettledRememberedBelieved => "soft-move",
        Mutant.SinceTagsUnjudged or Mutant.SinceNotACopy or Mutant.SinceJudgedBeforeToken => "since",
        Mutant.SinceOpenUnjudged => "since-nested",
        Mutant.SinceKeyUnjudged => "since-removed",
        Mutant.SinceStalingUnjudged => "since-revalidated",
        Mutant.SinceJudgedWithoutLease => "since-of-dead-silo",
        Mutant.SinceSoftTagsNotTold or Mutant.SinceSoftTagsBelieved => "since-soft",
        Mutant.SinceInOrderOfArrival => "since-two-sets",
        _ => throw new ArgumentOutOfRangeException(nameof(mutant), mutant, "No configuration is known for it."),
    };

    /// <summary>Where the random schedules begin that do what the mutant is about.</summary>
    public static ulong FirstSeedOf(Mutant mutant) => ConfigurationOf(mutant) switch
    {
        ['j', 'o', 'i', 'n', 't', ..] => RandomSearch.FirstJoint,
        ['s', 'i', 'n', 'c', 'e', ..] => RandomSearch.FirstSince,
        ['s', 'o', 'f', 't', ..] => RandomSearch.FirstSoft,
        _ => 0,
    };

    public static Exhausted Exhaust(Mutant mutant)
    {
        Mutants.Current = mutant;
        try
        {
            return new ExhaustiveSearch(Configurations.Named(ConfigurationOf(mutant))).Run();
        }
        finally
        {
            Mutants.Current = Mutant.None;
        }
    }
}
