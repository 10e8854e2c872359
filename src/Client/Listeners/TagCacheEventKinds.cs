namespace OrleansTagCache;

/// <summary>The kinds of events that a listener may hear. Those that none asks for cost nothing.</summary>
[Flags]
public enum TagCacheEventKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A value was served from the memory of this process. Outcomes: <c>near</c>, <c>near_stale</c>.</summary>
    NearHit = 1,

    /// <summary>A value was served by the cluster. Outcomes: <c>hit</c>, <c>stale</c>, <c>fail_safe</c>.</summary>
    Hit = 1 << 1,

    /// <summary>A read found no value that it could take. Outcomes: <c>generated</c> and <c>bypass</c> (the factory runs; what it makes is to be stored, or not), <c>miss</c> (a read without a factory), <c>failed</c> (the same, when the cluster did not answer). Readers that share a generation are told of once.</summary>
    Miss = 1 << 2,

    /// <summary>A factory or a loader of this process has made a value; <see cref="TagCacheEvent.Elapsed"/> says in which time.</summary>
    Generated = 1 << 3,

    /// <summary>A factory or a loader of this process has thrown, or ran into its hard time-out. One that was cancelled since its callers have gone has not failed.</summary>
    FactoryFailed = 1 << 4,

    /// <summary>A value that a factory of this process made was stored.</summary>
    Stored = 1 << 5,

    /// <summary>Such a value was not stored. Outcomes: <c>unfit</c>, <c>unreachable</c>, <c>superseded</c>, <c>held</c>, <c>unknown_token</c>, <c>not_serving</c>, <c>refused</c>.</summary>
    NotStored = 1 << 6,

    /// <summary>A stale value was replaced. Outcomes: <c>stored</c>, <c>not_stored</c>.</summary>
    Refreshed = 1 << 7,

    /// <summary>A stale value was not replaced. Outcomes: <c>failed</c>, <c>no_turn</c> (too many refreshes were running).</summary>
    RefreshFailed = 1 << 8,

    /// <summary>Tags were updated by this process. Outcomes: <c>complete</c>, <c>released</c> (by the end of a hold), <c>failed</c> (it may or may not have happened).</summary>
    Updated = 1 << 9,

    /// <summary>Tags were revalidated by this process. Outcomes: <c>complete</c>, <c>failed</c> (it may or may not have happened).</summary>
    Revalidated = 1 << 10,

    /// <summary>An entry was set by this process. Outcomes: <c>stored</c>, <c>superseded</c> (an update overtook it), <c>refused</c>, <c>failed</c> (it may or may not have happened).</summary>
    Set = 1 << 11,

    /// <summary>An entry was removed by this process. Outcomes: <c>complete</c>, <c>failed</c> (it may or may not have happened).</summary>
    Removed = 1 << 12,

    /// <summary>A value is kept near no more, since others needed its room. The cluster still has it.</summary>
    Evicted = 1 << 13,

    /// <summary>All but <see cref="NearHit"/>, which a process may have millions of in a second.</summary>
    AllButNearHits = All & ~NearHit,

    /// <summary>All.</summary>
    All = (1 << 14) - 1,
}
