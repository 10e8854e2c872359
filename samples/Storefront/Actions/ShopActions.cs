using Microsoft.AspNetCore.Mvc;
using OrleansTagCache.Samples.Storefront.Database;
using OrleansTagCache.Samples.Storefront.Pages;

namespace OrleansTagCache.Samples.Storefront.Actions;

/// <summary>What people do. Forms carry an antiforgery token, which the binding of their fields has checked.</summary>
internal static class ShopActions
{
    private const long HighestPrice = 1_000_000;

    public static void MapActions(this WebApplication app)
    {
        // One tag, three styles: when this has returned, no node shows the old price in any of them.
        app.MapPost("/product/{id:long}/price", async (long id, [FromForm] long cents, Catalogue catalogue, ITagCache cache) =>
        {
            if (cents is < 0 or > HighestPrice)
            {
                return Results.BadRequest($"A price is 0 to {HighestPrice} cents; this one is {cents}.");
            }

            catalogue.SetPrice(id, cents);
            await cache.UpdateTagsAsync([ShopPages.TagOf(id), "products"]);
            return Results.LocalRedirect($"/product/{id}");
        }).WithServerAction();

        app.MapPost("/cart", (HttpContext http, [FromForm] long id) =>
        {
            http.Session.SetInt32(ShopPages.CartKey, (http.Session.GetInt32(ShopPages.CartKey) ?? 0) + 1);
            return Results.LocalRedirect("/cart");
        });
    }
}
