using OrleansTagCache.Samples.SiloHosted;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
var ports = builder.Configuration.GetSection("Silo");
var (siloPort, gatewayPort) = (ports.GetValue("Port", 11111), ports.GetValue("GatewayPort", 30000));

// The silo, in this process: ITagCache works here, and other silos and clients may join it.
// <readme: silo>
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(siloPort, gatewayPort)              // 11111 and 30000, say: a cluster of one silo
    .UseInMemoryReminderService()
    .AddTagCache());
builder.Services.AddTagCacheHttp();                             // with app.MapTagCache(): the HTTP API
// </readme>
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
