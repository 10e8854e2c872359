namespace OrleansTagCache.Contracts;

/// <summary>
/// The recent calls of one webhook, so that none is accepted twice. It lives in memory: when its silo goes, calls of the last minutes could be repeated within
/// the window of their time stamps, which expires what was expired already, and does no harm.
/// </summary>
[Alias("otc.IHookReceiptsGrain")]
internal interface IHookReceiptsGrain : IGrainWithStringKey
{
    /// <summary>Notes a call that is to be carried out. A call whose end is not heard of within a minute may be begun again: who carried it out may be gone, and an update must not be lost.</summary>
    /// <param name="call">What tells the call from all others.</param>
    [Alias("Begin"), ResponseTimeout("00:00:05")]
    ValueTask<HookReceipt> Begin(Guid call);

    /// <summary>The call has been carried out, or not: then its sender may repeat it at once.</summary>
    [Alias("End"), ResponseTimeout("00:00:05")]
    ValueTask End(Guid call, bool isCarriedOut);
}

/// <summary>What a call finds when it is to be carried out.</summary>
internal enum HookReceipt
{
    /// <summary>Nothing: it is to be carried out.</summary>
    First = 0,

    /// <summary>It was carried out before.</summary>
    Replayed = 1,

    /// <summary>More calls were made lately than are remembered.</summary>
    Full = 2,

    /// <summary>It is being carried out.</summary>
    Begun = 3,
}
