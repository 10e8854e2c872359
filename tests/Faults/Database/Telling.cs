namespace OrleansTagCache.Faults.Database;

/// <summary>How a writer tells the cache of what it changes.</summary>
internal enum Telling
{
    /// <summary>It holds the tags from before its first statement until after the commit.</summary>
    Held,

    /// <summary>It updates the tags when the commit has returned, as careful applications do that know no holds.</summary>
    Afterwards,

    /// <summary>It asks for the hold and commits without waiting for it: the checker must find that out.</summary>
    Unawaited,
}
