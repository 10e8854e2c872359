namespace OrleansTagCache.Samples.Cities.Caching;

/// <summary>The names of the tags, in one place: what reads must be tagged with is what writes update.</summary>
internal static class Tags
{
    /// <summary>Everything that was made from the table of cities.</summary>
    public const string Cities = "cities";

    /// <summary>The page of the world: it depends on every population, but on no name.</summary>
    public const string World = "world";

    public static string Country(string code) => $"country:{code}";

    /// <param name="code">As in FR.11.</param>
    public static string Region(string code) => $"admin1:{code}";

    public static string City(long id) => $"city:{id}";
}
