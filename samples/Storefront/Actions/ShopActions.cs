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
        // The save holds the tags of the product: from its commit on, no node shows the old price in any style.
        app.MapPost("/product/{id:long}/price", async (long id, [FromForm] long cents, Catalogue catalogue, CancellationToken token) =>
            FaultOf(cents) is { } fault ? Results.BadRequest(fault)
            : await catalogue.SetPrice(id, cents, token) ? Results.LocalRedirect($"/product/{id}")
            : Results.NotFound());

        app.MapPost("/cart", (HttpContext http, [FromForm] long id) =>
        {
            http.Session.SetInt32(ShopPages.CartKey, (http.Session.GetInt32(ShopPages.CartKey) ?? 0) + 1);
            return Results.LocalRedirect("/cart");
        });
    }

    /// <summary>What is wrong with a price; null if nothing is.</summary>
    public static string? FaultOf(long cents) => cents is < 0 or > HighestPrice ? $"A price is 0 to {HighestPrice} cents; this one is {cents}." : null;
}
