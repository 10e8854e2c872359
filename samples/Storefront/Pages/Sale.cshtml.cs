using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OrleansTagCache.Samples.Storefront.Database;

namespace OrleansTagCache.Samples.Storefront.Pages;

/// <summary>A Razor page: its form handler is a server action, the handler that shows it is not.</summary>
internal sealed class SaleModel(Catalogue catalogue, ITagCache cache) : PageModel
{
    public string Kettle { get; private set; } = string.Empty;

    public async Task OnGetAsync(CancellationToken token) => Kettle = await cache.GetOrCreateAsync(
        "kettle", (_, _) => ValueTask.FromResult(Html.Price(catalogue.Find(1)!.Cents)), new() { Tags = [ShopPages.TagOf(1)] }, token);

    [ServerAction]
    public async Task<IActionResult> OnPostAsync()
    {
        catalogue.HalvePrices();
        await cache.UpdateTagsAsync([.. catalogue.All().Select(product => ShopPages.TagOf(product.Id)), "products"]);
        return RedirectToPage();
    }
}
