namespace OrleansTagCache.Samples.Cities.Caching;

/// <summary>Where a page's model came from.</summary>
internal enum ServedFrom
{
    /// <summary>Made for this reader, and stored.</summary>
    Generated = 0,

    /// <summary>The cache had it, fresh.</summary>
    Hit = 1,

    /// <summary>The cache had it, stale, and has it refreshed in the background.</summary>
    Stale = 2,

    /// <summary>Made, but not stored: no silo can be reached, or a tag was updated while it was being made.</summary>
    NotCached = 3,
}

/// <summary>A model and what the badge says of it.</summary>
/// <param name="Model">Null if there is no such thing.</param>
/// <param name="From">Where it came from.</param>
/// <param name="Age">Null if the cache no longer has this very value.</param>
/// <param name="Tags">The entry's tags.</param>
/// <param name="Took">How long the reader waited for the model.</param>
internal sealed record Served<T>(T? Model, ServedFrom From, TimeSpan? Age, IReadOnlyList<string> Tags, TimeSpan Took)
    where T : class;
