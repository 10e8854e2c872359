using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Pages;

internal static class RegionPage
{
    public static IResult Show(Served<Region> served, Region region)
    {
        Crumb[] crumbs = [new(region.CountryName, Links.Country(region.Country)), new(region.Code, Links.Region(region.Code))];
        var caption = region.Totals.Cities > CityDatabase.ListedInRegion ? $"The {CityDatabase.ListedInRegion} largest cities" : "Cities by population";
        return Layout.Page($"Region {region.Code}, {region.CountryName}", crumbs, Badge.Of(served), Html.Of($"""
            {Parts.Figures(
                Parts.Figure(region.Totals.Cities, region.Totals.Cities == 1 ? "city" : "cities"),
                Parts.Figure(region.Totals.Population, "people in them"))}
            {Parts.Cities(caption, region.Largest, withRegion: false)}
            """));
    }
}
