using Microsoft.AspNetCore.DataProtection;

namespace OrleansTagCache.Samples.Storefront.Hosting;

/// <summary>Every cache of the application is the cluster's.</summary>
internal static class Caches
{
    public static void AddCaches(this WebApplicationBuilder builder)
    {
        builder.Services.AddTagCacheHybridCache();
        builder.Services.AddTagCacheOutputCache();
        builder.Services.AddTagCacheDistributedCache();
        builder.Services.AddTagCacheServerActions();

        builder.Services.AddSession(session => session.Cookie.Name = "storefront");
        builder.Services.AddAntiforgery();
        builder.Services.AddRazorPages();

        // Nodes must read each other's cookies and forms: their keys are no matter for a cache, which may lose them.
        var keys = builder.Configuration["Keys"] ?? Path.Combine(Path.GetTempPath(), "storefront-keys");
        builder.Services.AddDataProtection().SetApplicationName("storefront").PersistKeysToFileSystem(new(keys));
    }
}
