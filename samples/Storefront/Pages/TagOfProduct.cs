using System.Globalization;
using Microsoft.AspNetCore.OutputCaching;

namespace OrleansTagCache.Samples.Storefront.Pages;

/// <summary>Puts the tag of the product that a route names on its response.</summary>
internal sealed class TagOfProduct : IOutputCachePolicy
{
    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        if (long.TryParse(context.HttpContext.Request.RouteValues["id"]?.ToString(), CultureInfo.InvariantCulture, out var id))
        {
            context.Tags.Add(ShopPages.TagOf(id));
        }

        return default;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => default;
}
