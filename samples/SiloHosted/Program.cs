using OrleansTagCache.Samples.SiloHosted;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
var ports = builder.Configuration.GetSection("Silo");

// The silo, in this process: ITagCache works here, and other silos and clients may join it.
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(ports.GetValue("Port", 11111), ports.GetValue("GatewayPort", 30000))
    .UseInMemoryReminderService()
    .AddTagCache());

// The HTTP API and the health checks of the silo, beside the application's own endpoints.
builder.Services.AddTagCacheHttp();
builder.Services.AddHealthChecks().AddTagCache();

builder.Services.AddTagCacheServerActions();
builder.Services.AddAntiforgery();
builder.Services.AddSingleton<Notes>();

await using var app = builder.Build();
app.UseAntiforgery();
app.MapTagCache();
app.MapTagCacheHealthChecks();
app.MapNotes();
await app.RunAsync();
