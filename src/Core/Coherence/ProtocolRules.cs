namespace OrleansTagCache.Coherence;

/// <summary>
/// The rules of the protocol that live inside a pure type, each by its name. All of them hold, and the compiler's constants leave nothing of
/// the questions behind. The simulation (tests/Simulation) compiles the pure types with switches in place of this file, removes one rule at
/// a time, and must find the stale read that follows: a rule that can be removed unnoticed is not tested.
/// </summary>
internal static class ProtocolRules
{
    /// <summary>Dropping a record raises the floor to what it knew (invariant L2).</summary>
    public static bool FloorIsRaised => true;

    /// <summary>A new record starts at the floor, never at zero (invariant L2).</summary>
    public static bool RecordStartsAtFloor => true;

    /// <summary>An expiry sets its records before it publishes the clock, under one lock (invariant L1).</summary>
    public static bool RecordsComeFirst => true;

    /// <summary>No copy is kept while an update of its tags is open (invariant C1).</summary>
    public static bool OpenRefusesCopies => true;

    /// <summary>A settling is a clock step of its own (invariant L4).</summary>
    public static bool SettlingTakesAStep => true;

    /// <summary>A settling closes its own update alone (invariant L4).</summary>
    public static bool SettlingClosesItsOwn => true;

    /// <summary>A later staling never pushes a deadline out (invariant S1).</summary>
    public static bool DeadlinesOnlyComeCloser => true;

    /// <summary>An acknowledged push removes no interest that was registered again since it was queued (invariant C5).</summary>
    public static bool RegisteredAgainStays => true;

    /// <summary>A revalidation takes no interest away: its values are served on (invariant R1).</summary>
    public static bool RevalidationKeepsInterest => true;

    /// <summary>A record at which an update is open is not dropped (invariant L2).</summary>
    public static bool OpenRecordsStay => true;

    /// <summary>Every read is checked against what was expired since the value's stamp (invariant L3).</summary>
    public static bool ReadsAreChecked => true;

    /// <summary>The deadlines of revalidations are checked as well (invariant S1).</summary>
    public static bool DeadlinesAreChecked => true;

    /// <summary>A token that is late, unknown or replaced is refused (invariant G1).</summary>
    public static bool TokensAreCompared => true;

    /// <summary>A silo gives no token before it serves (invariant M3).</summary>
    public static bool TokensNeedServing => true;

    /// <summary>A value is stored with its token's stamp (invariant G2).</summary>
    public static bool StampIsTheTokens => true;

    /// <summary>A commit is checked against what was expired since its token, for tags that were discovered late too (invariant G4).</summary>
    public static bool CommitsAreChecked => true;

    /// <summary>What a commit found stale is not kept near as fresh (invariant R1).</summary>
    public static bool StaleIsNotKeptNear => true;

    /// <summary>A value that left its entry while it was read is not kept near (invariant C3).</summary>
    public static bool WhatHasLeftIsNotKept => true;

    /// <summary>No reader is served a value that is just being carried over an expiry of its key (invariant K1).</summary>
    public static bool CarriedOverIsUnread => true;

    /// <summary>A set carries its value over the one expiry that it began (invariant K1).</summary>
    public static bool CarriedOverOnce => true;

    /// <summary>What an update has expired is not served for fail-safe (invariant R4).</summary>
    public static bool FailSafeIsChecked => true;

    /// <summary>A slot that begins to keep a value takes over what is known of its key (invariant K2).</summary>
    public static bool SlotsTakeKeysOver => true;

    /// <summary>What was forgotten of a key counts against a value that is about to be kept (invariant K2).</summary>
    public static bool KeysAreJudgedByTheFloor => true;

    /// <summary>A caller that arrives when the cluster has been asked shares no answer to that (invariant F1).</summary>
    public static bool AskingClosesAFlight => true;

    /// <summary>A caller that arrives when a commit has been sent does not share its value (invariant F1).</summary>
    public static bool CommittingClosesAFlight => true;

    /// <summary>A silo without the right to serve sends no copy of its values (invariant T2).</summary>
    public static bool SendersNeedServing => true;

    /// <summary>No copy is kept while an update of it is open, or if one was settled since its ticket (invariant T1).</summary>
    public static bool MovedCopiesAreChecked => true;

    /// <summary>A value that a revalidation has made stale moves as a stale one, with its deadline (invariant T4).</summary>
    public static bool StaleTravelsAsStale => true;

    /// <summary>No copy is kept while a generation or a set of its key is in flight (invariant T3).</summary>
    public static bool TokensKeepCopiesOut => true;

    /// <summary>What is generated while one of its tags is held is not stored, for tags that were discovered late too (invariant H2).</summary>
    public static bool HeldRefusesCommits => true;

    /// <summary>What is set while one of its tags is held is not stored (invariant H2).</summary>
    public static bool HeldRefusesSets => true;

    /// <summary>What a silo generates while one of its tags is held there is not kept in its near cache, even if the value's own silo had not heard of the hold (invariant H2).</summary>
    public static bool HeldIsNotKeptNear => true;

    /// <summary>A hold is open, as an update is: no copy is kept under it (invariant H2).</summary>
    public static bool HoldsAreOpen => true;

    /// <summary>A record is not dropped while its tag is held (invariant H2).</summary>
    public static bool HeldRecordsStay => true;

    /// <summary>The end of a hold is an expiry (invariant H1).</summary>
    public static bool ReleasesExpire => true;

    /// <summary>A hold ends in the step that expires its tags (invariant H1).</summary>
    public static bool HoldsEndInTheirExpiry => true;

    /// <summary>A release ends its own hold alone (invariant H1).</summary>
    public static bool ReleasesEndTheirOwn => true;

    /// <summary>A silo says <i>held</i> only of a hold that it has acknowledged itself (invariant H4).</summary>
    public static bool HeldIsSaidByWitnesses => true;

    /// <summary>A joiner asks the others a second time, what they hold (invariant H3).</summary>
    public static bool JoinersAskTwice => true;

    /// <summary>A joiner asks the second time only when every dead silo has been waited out (invariant H3).</summary>
    public static bool JoinersAskAfterTheWait => true;

    /// <summary>What bears all tags of a conjunction that came since its stamp is not stored, for tags that were discovered late too (invariant J1).</summary>
    public static bool ConjunctionsRefuseCommits => true;

    /// <summary>Whether that is so is asked when walks can find the value, and no reader can get it yet (invariant J1).</summary>
    public static bool ConjunctionsAreAskedAgain => true;

    /// <summary>No copy is kept while an update of all of some of its tags is open (invariant C1).</summary>
    public static bool OpenConjunctionsRefuseCopies => true;

    /// <summary>Dropping a conjunction raises the floor to what it knew (invariant J2).</summary>
    public static bool ConjunctionsRaiseTheFloor => true;

    /// <summary>A conjunction at which an update is open is not dropped (invariant J2).</summary>
    public static bool OpenConjunctionsStay => true;

    /// <summary>An update of all of several tags takes no interest away: what bears only some of them is kept (invariant J3).</summary>
    public static bool ConjunctionsKeepInterest => true;

    /// <summary>What a walk has ended is served no more, not even past its life (invariant J1).</summary>
    public static bool EndedIsNotServed => true;

    /// <summary>Dropping a remembered tag raises the floor of these to what it knew (invariant S3).</summary>
    public static bool SoftFloorIsRaised => true;

    /// <summary>A remembered tag starts at the floor of these, never 0 (invariant S3).</summary>
    public static bool RememberedStartsAtFloor => true;

    /// <summary>A value is not given to a reader one of whose soft tags was updated since (invariant S2).</summary>
    public static bool SoftTagsAreChecked => true;

    /// <summary>A value that moves takes along which soft tags were updated since it was made (invariant S4).</summary>
    public static bool CopiesTellWhatIsRemembered => true;

    /// <summary>A soft tag whose update is open where a copy comes is held against it (invariant S4).</summary>
    public static bool OpenRememberedIsHeldAgainstCopies => true;

    /// <summary>A soft tag whose update was settled since the ticket is held against the copy (invariant S4).</summary>
    public static bool SettledRememberedIsHeldAgainstCopies => true;

    /// <summary>Where other threads could run if the rule on the order of an expiry were removed.</summary>
    public static void LetOthersRun()
    {
    }
}
