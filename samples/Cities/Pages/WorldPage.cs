using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Pages;

internal static class WorldPage
{
    public static IResult Show(Served<World> served)
    {
        var world = served.Model!;
        var greatest = world.Countries.Max(country => country.Totals.Population);
        var rows = world.Countries.Select(country => Html.Of($"""
            <tr><td class="faint"><code>{country.Code}</code></td><th scope="row"><a href="{Links.Country(country.Code)}">{country.Name}</a></th><td class="number">{country.Totals.Cities:N0}</td><td class="number">{country.Totals.Population:N0}</td><td class="bars">{Parts.Bar(country.Totals.Population, greatest)}</td></tr>

            """));
        return Layout.Page("The world", [], Badge.Of(served), Html.Of($"""
            {MapImage.Markup(null, "The places of the world as dots on a map")}
            {Parts.Figures(
                Parts.Figure(world.Countries.Count, "countries and territories"),
                Parts.Figure(world.Totals.Cities, "cities"),
                Parts.Figure(world.Totals.Population, "people in them"))}
            {Parts.Table("Countries by population", ["Code", "Country", "#Cities", "#Population", ""], rows)}
            """));
    }
}
