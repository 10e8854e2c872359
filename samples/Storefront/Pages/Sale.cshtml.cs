using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using OrleansTagCache.Samples.Storefront.Database;

namespace OrleansTagCache.Samples.Storefront.Pages;

/// <summary>A page that changes every price at once.</summary>
internal sealed class SaleModel(Catalogue catalogue, ITagCache cache) : PageModel
{
    public string Kettle { get; private set; } = string.Empty;

    public async Task OnGetAsync(CancellationToken token) => Kettle = await cache.GetOrCreateAsync(
        "kettle", async (_, cancel) => Html.Price((await catalogue.Find(1, cancel))!.Cents), new() { Tags = [ShopPages.TagOf(1)] }, token);

    public async Task<IActionResult> OnPostAsync(CancellationToken token)
    {
        await catalogue.HalvePrices(token);
        return RedirectToPage();
    }
}
