using Microsoft.Extensions.Caching.Hybrid;
using OrleansTagCache;

// An application as HybridCache's documentation has it, but for its registration; and a silo in the same process, so that nothing else is needed.
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Host.UseOrleans(silo =>
{
    silo.UseLocalhostClustering(int.Parse(args[0]), int.Parse(args[1]));
    silo.UseInMemoryReminderService();
    silo.AddTagCache();
});
builder.Services.AddTagCacheHybridCache();
builder.Services.AddTagCacheOutputCache();
builder.Services.AddTagCacheServerActions();
builder.Services.AddHttpClient("guarded").AddOutboundGuard(guard => guard.AllowedHosts.Add("example.com"));
builder.Services.AddSingleton<SomeService>();
var app = builder.Build();
app.UseOutputCache();
app.MapGet("/", (SomeService service, CancellationToken token) => service.GetSomeInfoAsync("x", 1, token)).CacheOutput(policy => policy.Tag("some"));
app.MapPost("/", async (SomeService service, HybridCache cache) =>
{
    service.Change();
    await cache.RemoveByTagAsync("some");
}).WithServerAction();
await app.StartAsync();

using var http = new HttpClient { BaseAddress = new(app.Urls.Single()) };
var answers = new List<string> { await http.GetStringAsync("/"), await http.GetStringAsync("/") };
(await http.PostAsync("/", null)).EnsureSuccessStatusCode();
answers.Add(await http.GetStringAsync("/"));
Console.WriteLine(string.Join(", ", answers));

var generated = new Generated(app.Services.GetRequiredService<ITagCache>());
Console.WriteLine($"{await generated.RunAsync(7)}, {await generated.RunAsync(7)}, {await generated.RunAsync(8)}");
await app.StopAsync();

internal sealed class SomeService(HybridCache cache)
{
    private int _state;

    public void Change() => _state++;

    public async Task<string> GetSomeInfoAsync(string name, int id, CancellationToken token = default) => await cache.GetOrCreateAsync(
        $"{name}-{id}",
        async cancel => await GetDataFromTheSourceAsync(name, id, cancel),
        tags: ["some"],
        cancellationToken: token);

    private async Task<string> GetDataFromTheSourceAsync(string name, int id, CancellationToken token)
    {
        await Task.Yield();
        return $"{name}-{id} in state {_state}";
    }
}

/// <summary>The generator comes with the packages.</summary>
internal sealed partial class Generated(ITagCache cache)
{
    private int _runs;

    [Cached]
    public partial Task<string> RunAsync(int id);

    private Task<string> RunCoreAsync(int id) => Task.FromResult($"{id} in run {++_runs}");
}
