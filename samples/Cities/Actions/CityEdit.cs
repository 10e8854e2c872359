using Microsoft.AspNetCore.Antiforgery;
using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;
using OrleansTagCache.Samples.Cities.Pages;

namespace OrleansTagCache.Samples.Cities.Actions;

/// <summary>
/// The server action of the sample: it changes a city, updates the tags of what shows it, and sends the browser back. When the update has
/// returned, no process serves an older page any more, so the page that follows shows the change.
/// </summary>
internal sealed class CityEdit(CityDatabase database, ITagCache cache, CachedPages pages, IAntiforgery antiforgery)
{
    private const string Expired = "This form was not sent from this site, or it has expired. Please send it again.";

    private const string Unconfirmed = "The city is saved, but the cache has not confirmed it: some pages may still show the old one. Please save again.";

    public async Task<IResult> Save(HttpContext context, long id)
    {
        if (database.City(id) is not { } city)
        {
            return Results.NotFound();
        }

        if (await TryReadForm(context.Request) is not { } sent || !await antiforgery.IsRequestValidAsync(context))
        {
            return await Again(context, CityForm.Of(city), id, StatusCodes.Status400BadRequest, Expired);
        }

        var form = CityForm.Of(sent);
        if (!form.IsValid)
        {
            return await Again(context, form, id, StatusCodes.Status400BadRequest, fault: null);
        }

        using (ServerAction.Begin())
        {
            database.Change(id, form.Name, form.Number!.Value);
            try
            {
                // All of them in one update: the lists of region and country show the city, and the world counts its people. Saving
                // again without a change updates them too, so it mends an update that was not confirmed. A reader who has gone away does
                // not stop it: the data has changed.
                await cache.UpdateTagsAsync(
                    [Tags.City(id), Tags.Region(city.Region), Tags.Country(city.Country), Tags.World], CancellationToken.None);
            }
            catch (TagCacheException)
            {
                return await Again(context, form, id, StatusCodes.Status503ServiceUnavailable, Unconfirmed);
            }
        }

        context.Response.Headers.Location = $"/city/{id}?saved=true";
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    /// <summary>Null if the body is no form, is too large or cannot be read.</summary>
    private static async Task<IFormCollection?> TryReadForm(HttpRequest request)
    {
        try
        {
            return request.HasFormContentType ? await request.ReadFormAsync() : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return null;
        }
    }

    private async Task<IResult> Again(HttpContext context, CityForm form, long id, int status, string? fault)
    {
        var served = await pages.City(id, context.RequestAborted);
        return served.Model is null
            ? Results.NotFound()
            : CityPage.Show(served, served.Model, new(form, antiforgery.GetAndStoreTokens(context), fault), status);
    }
}

internal static class CityEditEndpoint
{
    public static void MapCityEdit(this WebApplication app) =>
        app.MapPost("/city/{id:long:min(1)}", (long id, HttpContext context, CityEdit edit) => edit.Save(context, id));
}
