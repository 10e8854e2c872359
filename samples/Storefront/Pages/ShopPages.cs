using System.Globalization;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Caching.Hybrid;
using OrleansTagCache.Samples.Storefront.Database;

namespace OrleansTagCache.Samples.Storefront.Pages;

/// <summary>The pages: the same product in three styles of caching, under one tag.</summary>
internal static class ShopPages
{
    public const string CartKey = "cart";

    public static void MapPages(this WebApplication app)
    {
        // Output caching: the whole response, for all nodes.
        app.MapGet("/", async (Catalogue catalogue, CancellationToken token) => Html.Page("Tea things", List(await catalogue.All(token))))
            .CacheOutput(policy => policy.Tag("products").Expire(TimeSpan.FromHours(1)));
        app.MapGet("/label/{id:long}", async (long id, Catalogue catalogue, CancellationToken token) => Label(await catalogue.Find(id, token)))
            .CacheOutput(policy => policy.Expire(TimeSpan.FromHours(1)).AddPolicy<TagOfProduct>());

        app.MapGet("/product/{id:long}", Product);
        app.MapGet("/cart", Cart);
    }

    public static string TagOf(long id) => string.Create(CultureInfo.InvariantCulture, $"product:{id}");

    private static async Task<IResult> Product(
        long id, HttpContext http, Catalogue catalogue, ITagCache cache, HybridCache hybrid, IAntiforgery antiforgery, CancellationToken token)
    {
        // The same in two styles. Neither waits for another process while nothing changes: the values are in this node's memory.
        var own = await cache.GetOrCreateAsync(
            $"own:{id}", async (_, cancel) => await catalogue.Find(id, cancel), new() { Tags = [TagOf(id)], Life = CacheLife.Hours }, token);
        var microsofts = await hybrid.GetOrCreateAsync(
            $"hybrid:{id}", async cancel => await catalogue.Find(id, cancel), new() { Expiration = TimeSpan.FromHours(1) }, [TagOf(id)], token);
        if (own is null)
        {
            return Results.NotFound();
        }

        var form = antiforgery.GetAndStoreTokens(http);
        var hidden = $"""<input type="hidden" name="{form.FormFieldName}" value="{form.RequestToken}">""";
        return Html.Page(own.Name, $"""
            <table>
              <tr><th>by ITagCache</th><td id="own">{Html.Price(own.Cents)}</td></tr>
              <tr><th>by HybridCache</th><td id="hybrid">{Html.Price(microsofts?.Cents ?? 0)}</td></tr>
              <tr><th>by output caching</th><td><iframe title="label" src="/label/{id}"></iframe></td></tr>
            </table>
            <form method="post" action="/product/{id}/price">{hidden}
              <label>New price in cents <input name="cents" inputmode="numeric" value="{own.Cents}"></label> <button id="change">Change it</button>
            </form>
            <form method="post" action="/cart">{hidden}<input type="hidden" name="id" value="{id}"><button id="add">Put it into the cart</button></form>
            """);
    }

    private static IResult Cart(HttpContext http) =>
        Html.Page("Cart", $"""<p>There are <strong id="count">{http.Session.GetInt32(CartKey) ?? 0}</strong> things in it.</p>""");

    private static IResult Label(Product? product) => product is null
        ? Results.NotFound()
        : Results.Content($"""<!doctype html><title>label</title><b id="label" style="font: bold 1rem system-ui">{Html.Price(product.Cents)}</b>""", "text/html; charset=utf-8");

    private static string List(List<Product> products) => $"""<ul>{string.Concat(products.Select(product =>
        $"""<li><a href="/product/{product.Id}">{Html.Text(product.Name)}</a> <span id="price-{product.Id}">{Html.Price(product.Cents)}</span></li>"""))}</ul>""";
}
