namespace OrleansTagCache.Contracts;

/// <summary>
/// What one webhook has been sent lately, so that nobody sends it again. It lives in memory: when its silo goes, calls of the last minutes could be repeated within
/// the window of their time stamps, which expires what was expired already, and does no harm.
/// </summary>
[Alias("otc.IHookReceiptsGrain")]
internal interface IHookReceiptsGrain : IGrainWithStringKey
{
    /// <summary>Notes a call that is being carried out.</summary>
    /// <param name="signature">What tells the call from all others.</param>
    [Alias("Note"), ResponseTimeout("00:00:05")]
    ValueTask<HookReceipt> Note(Guid signature);

    /// <summary>The call was not carried out: its sender may repeat it.</summary>
    [Alias("Forget"), ResponseTimeout("00:00:05")]
    ValueTask Forget(Guid signature);
}

/// <summary>What became of a note.</summary>
internal enum HookReceipt
{
    /// <summary>It is the first.</summary>
    Noted = 0,

    /// <summary>It was there already.</summary>
    Replayed = 1,

    /// <summary>More calls were noted than are remembered.</summary>
    Full = 2,
}
