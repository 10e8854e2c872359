namespace OrleansTagCache;

/// <summary>Which entries an update of several tags expires.</summary>
public enum TagMatch
{
    /// <summary>Those that bear any of the tags.</summary>
    Any = 0,

    /// <summary>Those that bear every one of the tags. Entries that bear only some of them stay as they are.</summary>
    All = 1,
}
