using OrleansTagCache.Samples.Storefront.Actions;
using OrleansTagCache.Samples.Storefront.Database;
using OrleansTagCache.Samples.Storefront.Hosting;
using OrleansTagCache.Samples.Storefront.Pages;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddCluster();
builder.AddCaches();
builder.AddDatabase();

await using var app = builder.Build();
await app.Services.GetRequiredService<Catalogue>().Create();
app.UseStaticFiles();
app.UseRouting();
app.UseSession();
app.UseAntiforgery();
app.UseOutputCache();
app.MapPages();
app.MapActions();
app.MapProductApi();
app.MapRazorPages();
await app.RunAsync();
