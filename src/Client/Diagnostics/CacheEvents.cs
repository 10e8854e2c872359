using System.Diagnostics;

namespace OrleansTagCache.Diagnostics;

/// <summary>A change of the cache's own state.</summary>
internal enum CacheEvent : byte
{
    /// <summary>A reader waits for the generation of an entry; of the store of a silo.</summary>
    ReadWaiting = 0,

    /// <summary>The token of an entry was granted; of the store of a silo.</summary>
    TokenGranted,

    /// <summary>The token of an entry was taken or given back; of its slot.</summary>
    TokenEnded,

    /// <summary>A value was stored; of the table of a silo.</summary>
    EntryStored,

    /// <summary>A flight waits for the one before it; of its process.</summary>
    FlightWaiting,

    /// <summary>A value was kept near; of the near cache of a process.</summary>
    NearKept,

    /// <summary>An update is open; of the invalidator of its coordinator.</summary>
    UpdateOpened,

    /// <summary>Updates are settled; of the invalidator of a silo.</summary>
    UpdateSettled,

    /// <summary>The members have changed, or were looked at; of the members of a silo.</summary>
    MembersChanged,

    /// <summary>A silo was seen dead; of the members of a silo.</summary>
    MemberDied,

    /// <summary>A session was opened; of a client.</summary>
    SessionOpened,

    /// <summary>A session has ended, whichever side ended it; of a client or of the sessions of a silo.</summary>
    SessionEnded,

    /// <summary>Pushes were applied; of a client.</summary>
    PushApplied,

    /// <summary>Pushes were acknowledged; of the sessions of a silo.</summary>
    PushAcknowledged,

    /// <summary>All that belongs to other silos was sent; of the mover of a silo.</summary>
    MoveEnded,

    /// <summary>The serving lease was renewed, or serving began; of the lease of a silo.</summary>
    LeaseRenewed,

    /// <summary>The serving lease has lapsed, or the silo was ended; of the lease of a silo.</summary>
    LeaseLost,

    /// <summary>A background refresh has its turn; of a process.</summary>
    RefreshBegun,

    /// <summary>A background refresh is over, and its token taken or given back; of a process.</summary>
    RefreshEnded,

    /// <summary>A refresh job is over, and its reminder gone; of its grain.</summary>
    JobEnded,

    /// <summary>A process offers a loader; of the loader's grain.</summary>
    LoaderOffered,

    /// <summary>A round of sweeping is over; of the sweeper of a silo.</summary>
    SweepEnded,

    /// <summary>Something that callers share was taken or given back; of its quota.</summary>
    QuotaChanged,

    /// <summary>A hold has ended; of the invalidator of a silo.</summary>
    HoldEnded,

    /// <summary>A schedule was looked at, and what was due was run; of its grain.</summary>
    ScheduleLooked,

    /// <summary>A warm-up was looked at, and begun if it had to be; of its grain.</summary>
    WarmUpLooked,
}

/// <summary>
/// Tells of changes of the cache's own state, once they have happened and what they arm is armed. For tests, which wait for them instead of looking again and again; no part of the contract.
/// </summary>
/// <remarks>Thread-safe. Listeners are called where the change is made, under its locks perhaps: they note it and return. While no one listens it costs the reading of a field.</remarks>
internal static class CacheEvents
{
    /// <summary>Where they are heard; what is written is a <see cref="CacheEventData"/>.</summary>
    public static readonly DiagnosticListener Listener = new("OrleansTagCache");

    /// <param name="happened">What has happened.</param>
    /// <param name="source">The part of the cache that it has happened to.</param>
    public static void Write(CacheEvent happened, object source)
    {
        if (Listener.IsEnabled())
        {
            Listener.Write(happened.ToString(), new CacheEventData(happened, source));
        }
    }
}

/// <summary>What an event tells.</summary>
internal sealed record CacheEventData(CacheEvent Event, object Source);
