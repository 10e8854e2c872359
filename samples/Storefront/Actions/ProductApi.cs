using OrleansTagCache.Samples.Storefront.Database;

namespace OrleansTagCache.Samples.Storefront.Actions;

/// <summary>The products for other programs, such as the shop in Next.js. Nothing of it is cached here: they have caches, and tags, of their own.</summary>
internal static class ProductApi
{
    public static void MapProductApi(this WebApplication app)
    {
        var api = app.MapGroup("/api/products");
        api.MapGet("/", (Catalogue catalogue, CancellationToken token) => catalogue.All(token));
        api.MapGet("/{id:long}", async (long id, Catalogue catalogue, CancellationToken token) =>
            await catalogue.Find(id, token) is { } product ? Results.Ok(product) : Results.NotFound());

        // The cache is not told: who calls this updates the tags that it answers with.
        api.MapPost("/{id:long}/price", async (long id, NewPrice price, Catalogue catalogue, CancellationToken token) =>
            ShopActions.FaultOf(price.Cents) is { } fault ? Results.BadRequest(new { fault })
            : await catalogue.SetPriceBySql(id, price.Cents, token) is { } tags ? Results.Ok(new { tags })
            : Results.NotFound());
    }

    private sealed record NewPrice(long Cents);
}
