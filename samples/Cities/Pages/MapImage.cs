using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>The map of the world, drawn from the places themselves: a dot for every cell that has some.</summary>
internal static class MapImage
{
    // A degree is a unit. The far north and south are cut off: hardly any place is there.
    private const int North = 80;
    private const int South = -58;
    private const int Width = 360;

    // The more places in a cell, the stronger its dot.
    private static readonly (int AtLeast, double Opacity)[] Shades = [(30, 1.0), (8, 0.75), (2, 0.5), (1, 0.3)];

    /// <summary>The image in a page, with a mark if there is a place to show.</summary>
    public static Html Markup((double Latitude, double Longitude)? mark, string description) => Html.Of($"""
        <div class="map"><img src="/map.svg" alt="{description}" width="{Width}" height="{North - South}">{(mark is { } place ? Mark(place) : Html.Empty)}</div>
        """);

    public static IResult Draw(IReadOnlyList<MapCell> cells) => Results.Text(
        Html.Of($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {North - South}" fill="none" stroke="#3b82c4" stroke-width="1.6" stroke-linecap="round">
            {Html.Join(Shades.Select((shade, index) => Dots(cells.Where(cell => ShadeOf(cell) == index), shade.Opacity)))}
            </svg>

            """).ToString(),
        "image/svg+xml; charset=utf-8");

    private static Html Mark((double Latitude, double Longitude) place) => Html.Of($"""
        <svg viewBox="0 0 {Width} {North - South}" aria-hidden="true"><circle class="halo" cx="{place.Longitude + 180:F1}" cy="{YOf(place.Latitude):F1}" r="7"/><circle class="spot" cx="{place.Longitude + 180:F1}" cy="{YOf(place.Latitude):F1}" r="2.5"/></svg>
        """);

    private static double YOf(double latitude) => North - Math.Clamp(latitude, South, North);

    private static int ShadeOf(MapCell cell) => Array.FindIndex(Shades, shade => cell.Cities >= shade.AtLeast);

    /// <summary>A dot is a line without length and with round ends.</summary>
    private static Html Dots(IEnumerable<MapCell> cells, double opacity)
    {
        var path = Html.Join(cells.Select(cell => Html.Of(
            $"M{(cell.Column * CityDatabase.CellDegrees) + 1} {(cell.Row * CityDatabase.CellDegrees) + 1 - (90 - North)}h0")));
        return Html.Of($"""<path stroke-opacity="{opacity:F2}" d="{path}"/>""");
    }
}
