using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Pages;

internal static class CountryPage
{
    public static IResult Show(Served<Country> served, Country country)
    {
        var greatest = country.Regions.Max(region => region.Totals.Population);
        var regions = country.Regions.Select(region => Html.Of($"""
            <tr><th scope="row"><a href="{Links.Region(region.Code)}">{region.Code}</a></th><td><a href="{Links.City(region.Largest.Id)}">{region.Largest.Name}</a></td><td class="number">{region.Totals.Cities:N0}</td><td class="number">{region.Totals.Population:N0}</td><td class="bars">{Parts.Bar(region.Totals.Population, greatest)}</td></tr>

            """));
        return Layout.Page(country.Name, [new(country.Name, Links.Country(country.Code))], Badge.Of(served), Html.Of($"""
            {Parts.Figures(
                Parts.Figure(country.Regions.Count, country.Regions.Count == 1 ? "region" : "regions"),
                Parts.Figure(country.Totals.Cities, country.Totals.Cities == 1 ? "city" : "cities"),
                Parts.Figure(country.Totals.Population, "people in them"))}
            <div class="columns">
            {Parts.Table("Regions by population", ["Region", "Largest city", "#Cities", "#Population", ""], regions)}
            {Parts.Cities("Largest cities", country.Largest, withRegion: true)}
            </div>
            """));
    }
}
