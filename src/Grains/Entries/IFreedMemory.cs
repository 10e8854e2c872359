namespace OrleansTagCache.Entries;

/// <summary>
/// Hears how much the sweeper has let go of. Only a program may have its memory collected: a library lives in processes of others, whose threads a collection would stop.
/// </summary>
/// <remarks>Called by the sweeper's one loop, again and again while it is quiet.</remarks>
internal interface IFreedMemory
{
    /// <summary>Nothing more is let go of just now.</summary>
    /// <param name="bytes">How much has been since this last said that it takes it.</param>
    /// <param name="quiet">For how long nothing was.</param>
    /// <returns>Whether it is taken: the next count begins at 0.</returns>
    bool TryTake(long bytes, TimeSpan quiet);
}
