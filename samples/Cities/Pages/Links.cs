using System.Globalization;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>The paths of the pages.</summary>
internal static class Links
{
    public static string Country(string code) => $"/country/{Uri.EscapeDataString(code)}";

    /// <param name="code">As in FR.11.</param>
    public static string Region(string code) => $"/admin1/{Uri.EscapeDataString(code)}";

    public static string City(long id) => string.Create(CultureInfo.InvariantCulture, $"/city/{id}");
}
