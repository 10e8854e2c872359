using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OrleansTagCache.Samples.Storefront.Actions;
using OrleansTagCache.Samples.Storefront.Database;

namespace OrleansTagCache.Samples.Storefront.Pages;

/// <summary>Where prices are changed. What it shows is cached too: the list of changes under the tag of their table, which each save to it holds.</summary>
internal sealed class AdminModel(Catalogue catalogue, ITagCache cache) : PageModel
{
    private static readonly string[] OfChanges = [TagCacheTags.OfTable(nameof(Shop.PriceChanges))];

    public List<Product> Products { get; private set; } = [];

    public List<PriceChange> Changes { get; private set; } = [];

    public string TextOf(PriceChange change) => $"{Products.Find(product => product.Id == change.ProductId)?.Name}: {Html.Price(change.Before)} \u2192 {Html.Price(change.After)}";

    public async Task OnGetAsync(CancellationToken token)
    {
        Products = await cache.GetOrCreateAsync("admin:products", async (_, cancel) => await catalogue.All(cancel), new() { Tags = ["products"] }, token);
        Changes = await cache.GetOrCreateAsync("admin:changes", async (_, cancel) => await catalogue.LastChanges(cancel), new() { Tags = OfChanges }, token);
    }

    public async Task<IActionResult> OnPostAsync(long id, long cents, CancellationToken token) =>
        ShopActions.FaultOf(cents) is { } fault ? BadRequest(fault)
        : await catalogue.SetPrice(id, cents, token) ? RedirectToPage()
        : NotFound();

    /// <summary>An update without a save is one of a server action.</summary>
    [ServerAction]
    public async Task<IActionResult> OnPostForgetAsync()
    {
        await cache.UpdateTagAsync("*");
        return RedirectToPage();
    }
}
