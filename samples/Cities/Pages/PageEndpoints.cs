using Microsoft.AspNetCore.Antiforgery;
using OrleansTagCache.Samples.Cities.Actions;
using OrleansTagCache.Samples.Cities.Caching;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>The pages and their paths. The constraints keep what cannot exist away from the cache.</summary>
internal static class PageEndpoints
{
    public static void MapPages(this WebApplication app)
    {
        app.MapGet("/", async (CachedPages pages, CancellationToken cancellationToken) => WorldPage.Show(await pages.World(cancellationToken)));
        app.MapGet("/country/{code:regex(^[A-Za-z]{{2}}$)}", Country);
        app.MapGet("/admin1/{code:regex(^[A-Za-z]{{2}}\\.[A-Za-z0-9]{{1,8}}$)}", Region);
        app.MapGet("/city/{id:long:min(1)}", City);
        app.MapGet("/map.svg", Map);
    }

    private static async Task<IResult> Country(string code, CachedPages pages, CancellationToken cancellationToken)
    {
        var served = await pages.Country(code.ToUpperInvariant(), cancellationToken);
        return served.Model is { } country ? CountryPage.Show(served, country) : Results.NotFound();
    }

    private static async Task<IResult> Region(string code, CachedPages pages, CancellationToken cancellationToken)
    {
        var served = await pages.Region(code.ToUpperInvariant(), cancellationToken);
        return served.Model is { } region ? RegionPage.Show(served, region) : Results.NotFound();
    }

    private static async Task<IResult> City(
        long id, bool? saved, CachedPages pages, IAntiforgery antiforgery, HttpContext context, CancellationToken cancellationToken)
    {
        var served = await pages.City(id, cancellationToken);
        return served.Model is { } city
            ? CityPage.Show(served, city, new(CityForm.Of(city), antiforgery.GetAndStoreTokens(context), IsSaved: saved == true))
            : Results.NotFound();
    }

    private static async Task<IResult> Map(CachedPages pages, HttpContext context, CancellationToken cancellationToken)
    {
        var served = await pages.Map(cancellationToken);
        context.Response.Headers.CacheControl = "public, max-age=300";
        return MapImage.Draw(served.Model!);
    }
}
