using OrleansTagCache.Samples.Storefront.Actions;
using OrleansTagCache.Samples.Storefront.Database;
using OrleansTagCache.Samples.Storefront.Hosting;
using OrleansTagCache.Samples.Storefront.Pages;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddCluster();
builder.AddCaches();
builder.Services.AddSingleton(new Catalogue(builder.Configuration["Database"] ?? Path.Combine(Path.GetTempPath(), "storefront.db")));

await using var app = builder.Build();
app.UseStaticFiles();
app.UseRouting();
app.UseSession();
app.UseAntiforgery();
app.UseOutputCache();
app.MapPages();
app.MapActions();
app.MapRazorPages();
await app.RunAsync();
