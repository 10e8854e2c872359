using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Coherence;

/// <summary>The simulation's switches in place of the constants that the product is built with.</summary>
internal static class ProtocolRules
{
    [ThreadStatic]
    private static Action? _others;

    public static bool FloorIsRaised => !Mutants.Is(Mutant.FloorNotRaised);

    public static bool RecordStartsAtFloor => !Mutants.Is(Mutant.RecordCreatedWithZero);

    public static bool RecordsComeFirst => !Mutants.Is(Mutant.ClockBeforeRecords);

    public static bool OpenRefusesCopies => !Mutants.Is(Mutant.CopyKeptWhileOpen);

    public static bool SettlingTakesAStep => !Mutants.Is(Mutant.SettleWithoutClockStep);

    public static bool SettlingClosesItsOwn => !Mutants.Is(Mutant.SettleClosesAnother);

    public static bool DeadlinesOnlyComeCloser => !Mutants.Is(Mutant.DeadlinePushedOut);

    public static bool RegisteredAgainStays => !Mutants.Is(Mutant.InterestRemovedByPush);

    public static bool RevalidationKeepsInterest => !Mutants.Is(Mutant.RevalidationForgetsInterest);

    public static bool OpenRecordsStay => !Mutants.Is(Mutant.OpenRecordDropped);

    public static bool ReadsAreChecked => !Mutants.Is(Mutant.CheckOnlyAtCommit);

    public static bool DeadlinesAreChecked => !Mutants.Is(Mutant.DeadlineUnchecked);

    public static bool TokensAreCompared => !Mutants.Is(Mutant.TokenOfAnother);

    public static bool TokensNeedServing => !Mutants.Is(Mutant.TokenBeforeServing);

    public static bool StampIsTheTokens => !Mutants.Is(Mutant.StampAfterFactory);

    public static bool CommitsAreChecked => !Mutants.Is(Mutant.LateTagUnchecked);

    public static bool StaleIsNotKeptNear => !Mutants.Is(Mutant.StaleKeptAtCommit);

    public static bool WhatHasLeftIsNotKept => !Mutants.Is(Mutant.EvictedValueKept);

    public static bool CarriedOverIsUnread => !Mutants.Is(Mutant.CarriedValueRead);

    public static bool CarriedOverOnce => !Mutants.Is(Mutant.CarriedOverAll);

    public static bool FailSafeIsChecked => !Mutants.Is(Mutant.FailSafeAfterUpdate);

    public static bool SlotsTakeKeysOver => !Mutants.Is(Mutant.KeyNotTakenOver);

    public static bool KeysAreJudgedByTheFloor => !Mutants.Is(Mutant.KeyFloorUnchecked);

    public static bool AskingClosesAFlight => !Mutants.Is(Mutant.JoinedWhileAsking);

    public static bool CommittingClosesAFlight => !Mutants.Is(Mutant.JoinedWhileCommitting);

    public static bool SendersNeedServing => !Mutants.Is(Mutant.SenderWithoutLease) && !Mutants.Is(Mutant.SentAfterGoodbye);

    public static bool MovedCopiesAreChecked => !Mutants.Is(Mutant.MovedCopyUnchecked);

    public static bool StaleTravelsAsStale => !Mutants.Is(Mutant.StaleTravelsAsFresh);

    public static bool TokensKeepCopiesOut => !Mutants.Is(Mutant.CopyKeptBesideASet);

    public static bool HeldRefusesCommits => !Mutants.Is(Mutant.GenerationStoredWhileHeld);

    public static bool HeldRefusesSets => !Mutants.Is(Mutant.SetStoredWhileHeld);

    public static bool HeldIsNotKeptNear => !Mutants.Is(Mutant.GeneratedKeptNearWhileHeld);

    public static bool HoldsAreOpen => !Mutants.Is(Mutant.HoldNotOpen);

    public static bool HeldRecordsStay => !Mutants.Is(Mutant.HeldRecordDropped);

    public static bool ReleasesExpire => !Mutants.Is(Mutant.ReleaseWithoutExpiry);

    public static bool HoldsEndInTheirExpiry => !Mutants.Is(Mutant.HoldEndsBeforeItsExpiry);

    public static bool ReleasesEndTheirOwn => !Mutants.Is(Mutant.ReleaseEndsAnother);

    public static bool HeldIsSaidByWitnesses => !Mutants.Is(Mutant.HeldSaidByAdopter);

    public static bool JoinersAskTwice => !Mutants.Is(Mutant.OneHello);

    public static bool JoinersAskAfterTheWait => !Mutants.Is(Mutant.SecondHelloBeforeTheWait);

    public static bool ConjunctionsRefuseCommits => !Mutants.Is(Mutant.ConjunctionForgotten);

    public static bool ConjunctionsAreAskedAgain => !Mutants.Is(Mutant.ConjunctionAskedTooEarly);

    public static bool OpenConjunctionsRefuseCopies => !Mutants.Is(Mutant.ConjunctionNotOpen);

    public static bool ConjunctionsRaiseTheFloor => !Mutants.Is(Mutant.ConjunctionFloorNotRaised);

    public static bool OpenConjunctionsStay => !Mutants.Is(Mutant.OpenConjunctionDropped);

    public static bool ConjunctionsKeepInterest => !Mutants.Is(Mutant.ConjunctionTakesInterest);

    public static bool EndedIsNotServed => !Mutants.Is(Mutant.EndedValueServed);

    public static bool SoftFloorIsRaised => !Mutants.Is(Mutant.SoftFloorNotRaised);

    public static bool RememberedStartsAtFloor => !Mutants.Is(Mutant.RememberedCreatedWithZero);

    public static bool SoftTagsAreChecked => !Mutants.Is(Mutant.SoftTagsUnchecked);

    public static bool CopiesTellWhatIsRemembered => !Mutants.Is(Mutant.CopyWithoutWhatIsRemembered);

    public static bool OpenRememberedIsHeldAgainstCopies => !Mutants.Is(Mutant.OpenRememberedBelieved) && !Mutants.Is(Mutant.SinceSoftTagsBelieved);

    public static bool SettledRememberedIsHeldAgainstCopies => !Mutants.Is(Mutant.SettledRememberedBelieved) && !Mutants.Is(Mutant.SinceSoftTagsBelieved);

    /// <summary>What other threads do in the middle of an expiry whose clock was published first.</summary>
    public static Action? OtherThreads
    {
        get => _others;
        set => _others = value;
    }

    public static void LetOthersRun() => _others?.Invoke();
}
