using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Actions;

/// <summary>
/// What another system calls when it has changed a country's data: everything of the country is served stale while it is made anew, so no reader
/// waits. A webhook is not a server action: no user waits to see a change of their own.
/// </summary>
/// <remarks>One that can be reached from outside checks a signature first.</remarks>
internal static class CountryWebhook
{
    public static void MapCountryWebhook(this WebApplication app) => app.MapPost("/webhooks/country/{code}", Revalidate);

    private static async Task<IResult> Revalidate(string code, CityDatabase database, ITagCache cache)
    {
        var country = code.ToUpperInvariant();
        if (!database.HasCountry(country))
        {
            return Results.Problem("No such country.", statusCode: StatusCodes.Status404NotFound);
        }

        try
        {
            var tag = Tags.Country(country);
            await cache.RevalidateTagAsync(tag, CacheLife.Max, CancellationToken.None);
            return Results.Json(new { tag, revalidated = true }, statusCode: StatusCodes.Status202Accepted);
        }
        catch (TagCacheException)
        {
            return Results.Problem("The cache has not confirmed it. Calling again is safe.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
