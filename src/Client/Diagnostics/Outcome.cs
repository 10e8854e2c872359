using System.Text.Json;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Diagnostics;

/// <summary>How something ended, as metrics and traces tell it. Metrics and activities show the names in snake case.</summary>
internal enum Outcome : byte
{
    /// <summary>A fresh value from this process's memory.</summary>
    Near = 0,

    /// <summary>A stale value from this process's memory.</summary>
    NearStale,

    /// <summary>A fresh value.</summary>
    Hit,

    /// <summary>A stale value.</summary>
    Stale,

    /// <summary>A value past its life, since its factory failed or was slow.</summary>
    FailSafe,

    /// <summary>A value that was made for the read, to be stored.</summary>
    Generated,

    /// <summary>No value.</summary>
    Miss,

    /// <summary>A value that was made for the read alone.</summary>
    Bypass,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>The silo has no valid serving lease.</summary>
    NotServing,

    /// <summary>The cluster did not answer in time.</summary>
    Unreachable,

    /// <summary>Another process generates.</summary>
    Busy,

    /// <summary>The value is not for storing, by its caller's word or by what was seen before.</summary>
    Unwanted,

    /// <summary>The value must not be stored: it cannot be serialized, or breaks a limit.</summary>
    Unfit,

    /// <summary>The value was stored.</summary>
    Stored,

    /// <summary>The value was not stored.</summary>
    NotStored,

    /// <summary>A tag was updated, or the entry set or removed, since the value was begun.</summary>
    Superseded,

    /// <summary>The token was late, or is not known.</summary>
    UnknownToken,

    /// <summary>The silo refused the value: it breaks a limit there.</summary>
    Refused,

    /// <summary>Too many refreshes were running.</summary>
    NoTurn,

    /// <summary>No process offers the loader.</summary>
    NoRunner,

    /// <summary>The entry was refreshed.</summary>
    Refreshed,

    /// <summary>The entry did not need a refresh any more.</summary>
    Skipped,

    /// <summary>The entry is left for a later pass.</summary>
    Left,

    /// <summary>The value was not stored: one of its tags is held.</summary>
    Held,

    /// <summary>A hold was taken.</summary>
    Taken,

    /// <summary>A hold was held until it was released.</summary>
    Released,

    /// <summary>A hold was over before it was released: its tags were updated.</summary>
    Lapsed,

    /// <summary>A hold was left to its time.</summary>
    Abandoned,

    /// <summary>The entry was left out of a warm-up: its silo is full enough.</summary>
    NoRoom,

    /// <summary>An update, a revalidation or a removal has happened everywhere.</summary>
    Complete,
}

/// <summary>The names of outcomes.</summary>
internal static class Outcomes
{
    private static readonly string[] Names = Array.ConvertAll(Enum.GetNames<Outcome>(), JsonNamingPolicy.SnakeCaseLower.ConvertName);

    /// <summary>The name in metrics and traces.</summary>
    public static string Name(this Outcome outcome) => Names[(int)outcome];

    public static Outcome ToOutcome(this AcquireStatus status) => status switch
    {
        AcquireStatus.Fresh => Outcome.Hit,
        AcquireStatus.Stale => Outcome.Stale,
        AcquireStatus.Busy => Outcome.Busy,
        AcquireStatus.NotServing => Outcome.NotServing,
        AcquireStatus.NotForStoring => Outcome.Unwanted,
        _ => Outcome.Miss,
    };

    public static Outcome ToOutcome(this CommitOutcome outcome) => outcome.IsHeld ? Outcome.Held : outcome.Status switch
    {
        CommitStatus.Stored => Outcome.Stored,
        CommitStatus.Superseded => Outcome.Superseded,
        CommitStatus.NotServing => Outcome.NotServing,
        CommitStatus.Refused => Outcome.Refused,
        _ => Outcome.UnknownToken,
    };
}
