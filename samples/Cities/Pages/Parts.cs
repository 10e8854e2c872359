using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>Pieces that several pages share.</summary>
internal static class Parts
{
    /// <summary>A figure and what it counts.</summary>
    public static Html Figure(long value, string of) => Html.Of($"""<div class="figure"><dd>{value:N0}</dd><dt>{of}</dt></div>""");

    public static Html Figures(params Html[] figures) => Html.Of($"""<dl class="figures">{Html.Join(figures)}</dl>""");

    /// <summary>A bar that shows a share of the greatest. The number stands beside it, so it is hidden from screen readers.</summary>
    public static Html Bar(long value, long greatest)
    {
        var percent = greatest == 0 ? 0 : 100.0 * value / greatest;
        return Html.Of($"""<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="{percent:F1}" height="6" rx="2"/></svg>""");
    }

    /// <param name="caption">What the table lists.</param>
    /// <param name="heads">Headings; those that begin with a sharp are of numbers, and the column of bars has none.</param>
    /// <param name="rows">Its rows.</param>
    public static Html Table(string caption, string[] heads, IEnumerable<Html> rows)
    {
        var cells = heads.Select(head => head switch
        {
            "" => Html.Of($"<td></td>"),
            ['#', .. var number] => Html.Of($"""<th scope="col" class="number">{number}</th>"""),
            _ => Html.Of($"""<th scope="col">{head}</th>"""),
        });
        return Html.Of($"""
            <div class="scroll" role="region" aria-label="{caption}" tabindex="0">
            <table><caption>{caption}</caption><thead><tr>{Html.Join(cells)}</tr></thead>
            <tbody>
            {Html.Join(rows)}</tbody></table>
            </div>
            """);
    }

    public static Html Cities(string caption, IReadOnlyList<CityLine> cities, bool withRegion)
    {
        var greatest = cities.Count == 0 ? 0 : cities.Max(city => city.Population);
        string[] heads = withRegion ? ["#Rank", "City", "Region", "#Population", ""] : ["#Rank", "City", "#Population", ""];
        return Table(caption, heads, cities.Select((city, index) => Html.Of($"""
            <tr><td class="number faint">{index + 1}</td><th scope="row"><a href="{Links.City(city.Id)}">{city.Name}</a></th>{Html.If(withRegion, RegionCell(city))}<td class="number">{city.Population:N0}</td><td class="bars">{Bar(city.Population, greatest)}</td></tr>

            """)));
    }

    private static Html RegionCell(CityLine city) => Html.Of($"""<td><a href="{Links.Region(city.Region)}">{city.Region}</a></td>""");
}
