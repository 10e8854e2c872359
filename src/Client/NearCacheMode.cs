namespace OrleansTagCache;

/// <summary>Whether values are kept in the reader's own process.</summary>
public enum NearCacheMode
{
    /// <summary>Keep what was read, and serve it from memory until an update expires it.</summary>
    On = 0,

    /// <summary>Ask the cluster at every read.</summary>
    Off = 1,
}
