using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>An application starts whether or not a silo answers, does without the cache meanwhile, and connects when it can.</summary>
public sealed class StartTests
{
    /// <summary>The application finds the silo, and stores what it has only served until then.</summary>
    private static async Task ConnectsTo(WebApplication silo, ClientApp app)
    {
        await app.Log.Says("this process is connected");
        await app.Cache.SetAsync("key", 2);
        Assert.Equal(2, await Read(app.Cache, "key", 3));

        await app.Stop();
        await silo.DisposeAsync();
    }

    private static readonly DistributedCacheEntryOptions Forever = new();

    [Fact]
    public async Task Start_WithoutASilo_OpensThePortAndServesFromFactories()
    {
        var (made, gateway) = (0, FreePorts.Take(1)[0]);
        await using var app = ClientApp.At(
            gateway,
            services => services.AddTagCacheOutputCache().AddTagCacheHybridCache(),
            web =>
            {
                web.UseOutputCache();
                web.MapGet("/page", () => $"made {Interlocked.Increment(ref made)}").CacheOutput();
                web.MapGet("/value", async (ITagCache cache) => await cache.GetOrCreateAsync("key", (_, _) => ValueTask.FromResult("from its factory")));
                web.MapGet("/hybrid", async (HybridCache cache) => await cache.GetOrCreateAsync("hybrid", _ => ValueTask.FromResult("from its factory")));
            });

        await app.Start();

        Assert.Equal("from its factory", await app.Get("/value"));
        Assert.Equal("from its factory", await app.Get("/hybrid"));
        Assert.Equal("made 1", await app.Get("/page"));
        Assert.Equal("made 2", await app.Get("/page"));
        Assert.Contains($"127.0.0.1:{gateway}", app.Log.Text.Split('\n').Single(line => line.Contains("No silo of the cluster answers", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("factories run and nothing is stored. This client has the ClusterId 'tagcache' and the ServiceId 'tagcache'", app.Log.Text, StringComparison.Ordinal);
        await app.Stop();
    }

    [Fact]
    public async Task Calls_WithoutASilo_AreDecidedAtOnce()
    {
        await using var app = ClientApp.At(FreePorts.Take(1)[0], services => services.AddTagCacheDistributedCache());
        await app.Start();

        await DoesWithoutTheCluster(app.Services);

        await app.Stop();
    }

    [Fact]
    public async Task Start_AtAnAddressThatDoesNotAnswer_GoesOn()
    {
        using var silent = FreePorts.Listen();
        await using var app = ClientApp.At(FreePorts.PortOf(silent));

        await app.Start();

        Assert.Equal(1, await Read(app.Cache, "key", 1));
        await app.Stop();
    }

    [Fact]
    public async Task Start_BeforeItsSilos_ConnectsWhenTheyAnswer()
    {
        var ports = FreePorts.Take(2);
        await using var app = ClientApp.At(ports[1]);
        await app.Start();
        Assert.Equal(1, await Read(app.Cache, "key", 1));

        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1]);
        await ConnectsTo(silo, app);
    }

    [RedisFact]
    public async Task Start_WhileRedisIsDown_ConnectsWhenThereIsACluster()
    {
        var ports = FreePorts.Take(3);
        await using var app = AtRedis(ports[0], "tagcache", "tagcache");
        await app.Start();
        Assert.Equal(1, await Read(app.Cache, "key", 1));

        await using var redis = await StartRedis(ports[0]);
        var (silo, _) = await ClientApp.StartSilo(
            ports[1], ports[2], "--TagCache:Clustering:Provider=Redis", $"--TagCache:Clustering:ConnectionString=127.0.0.1:{ports[0]}");
        await ConnectsTo(silo, app);
    }

    [RedisFact]
    public async Task Silos_WhoseAddressIsAnotherAfterTheirStart_AreFound()
    {
        var ports = FreePorts.Take(3);
        await using var redis = await StartRedis(ports[0]);
        string[] settings = ["--TagCache:Clustering:Provider=Redis", $"--TagCache:Clustering:ConnectionString=127.0.0.1:{ports[0]}"];
        var (silo, _) = await ClientApp.StartSilo(ports[1], ports[2], [.. settings, "--TagCache:AdvertisedAddress=127.0.0.2"]);
        await using var app = AtRedis(ports[0], "tagcache", "tagcache", cache => cache.ReadTimeout = TimeSpan.FromSeconds(30));
        await app.Start();
        await app.Cache.SetAsync("key", 1);
        await silo.StopAsync();
        await silo.DisposeAsync();

        (silo, _) = await ClientApp.StartSilo(ports[1], ports[2], [.. settings, "--TagCache:AdvertisedAddress=127.0.0.3"]);

        // What is lost on the way to a silo that has gone is removed when another one is found; the next set is stored.
        await app.Cache.SetAsync("key", 2);
        await app.Cache.SetAsync("key", 3);
        Assert.Equal(3, await Read(app.Cache, "key", 4));
        await app.Stop();
        await silo.DisposeAsync();
    }

    [RedisFact]
    public async Task Start_WithAServiceIdThatIsNotTheSilos_NamesBothIdsAtOnce()
    {
        var port = FreePorts.Take(1)[0];
        await using var redis = await StartRedis(port);
        await using var app = AtRedis(port, "tagcache", "dev");

        await app.Start();

        Assert.Contains("This client has the ClusterId 'tagcache' and the ServiceId 'dev', and both must be the silos'.", app.Log.Text, StringComparison.Ordinal);
        await app.Stop();
    }

    [Fact]
    public async Task Start_WithAClusterIdThatIsNotTheSilos_NamesBothOnBothSides()
    {
        var ports = FreePorts.Take(2);
        var (silo, siloLog) = await ClientApp.StartSilo(ports[0], ports[1]);
        await using var app = ClientApp.At(ports[1], clusterId: "dev");

        await app.Start();

        await app.Log.Says("its ClusterId is 'tagcache', and this client's is 'dev' (its ServiceId 'tagcache')");
        await siloLog.Says("its ClusterId is 'dev', and this silo's is 'tagcache'");
        Assert.Equal(1, await Read(app.Cache, "key", 1));
        await app.Stop();
        await silo.DisposeAsync();
    }

    [Fact]
    public async Task Start_WhereSilosAnswer_IsConnectedWhenItReturns()
    {
        var ports = FreePorts.Take(2);
        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1]);
        await using var app = ClientApp.Build(client => client.UseLocalhostClustering(ports[1], "tagcache", "tagcache").AddTagCacheClient(cache => cache.ReadTimeout = TimeSpan.FromMinutes(1)));

        await app.Start();

        await app.Cache.SetAsync("key", 1);
        Assert.Equal(1, await Read(app.Cache, "key", 2));
        await app.Stop();
        await silo.DisposeAsync();
    }

    /// <summary>What each call does in a process that is not connected.</summary>
    internal static async Task DoesWithoutTheCluster(IServiceProvider services)
    {
        var cache = services.GetRequiredService<ITagCache>();
        Assert.Equal(7, await Read(cache, "key", 7));
        Assert.False((await cache.TryGetAsync<int>("key").AsTask().WaitAsync(ClientApp.AtOnce, TimeProvider.System)).HasValue);
        await IsUnavailable(() => cache.SetAsync("key", 1).AsTask());
        await IsUnavailable(() => cache.RemoveAsync("key").AsTask());
        await IsUnavailable(() => cache.RevalidateTagAsync("tag").AsTask());
        await IsUnavailable(() => cache.RevalidateTagAsync("tag", CacheLife.Max).AsTask());
        await IsUnavailable(() => cache.GetAsync<int>("another-process's", "argument").AsTask());
        using (ServerAction.Begin())
        {
            await IsUnavailable(() => cache.UpdateTagAsync("tag").AsTask());
        }

        if (services.GetService<IDistributedCache>() is { } sessions)
        {
            await IsUnavailable(() => sessions.GetAsync("key"));
            await IsUnavailable(() => sessions.SetAsync("key", [1], Forever));
            await IsUnavailable(() => sessions.RemoveAsync("key"));
        }
    }

    private static Task<TagCacheUnavailableException> IsUnavailable(Func<Task> call) =>
        Assert.ThrowsAsync<TagCacheUnavailableException>(() => call().WaitAsync(TimeSpan.FromSeconds(2), TimeProvider.System));

    private static async Task<int> Read(ITagCache cache, string key, int value) =>
        await cache.GetOrCreateAsync(key, (_, _) => ValueTask.FromResult(value)).AsTask().WaitAsync(TimeSpan.FromSeconds(2), TimeProvider.System);

    private static ClientApp AtRedis(int port, string clusterId, string serviceId, Action<TagCacheClientOptions>? cache = null) => ClientApp.Build(client =>
    {
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (clusterId, serviceId));
        client.UseRedisClustering($"127.0.0.1:{port},connectTimeout=1000");
        client.AddTagCacheClient(cache);
    });

    private static Task<ChildProcess> StartRedis(int port) => ChildProcess.Start(
        Programs.Redis!, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], "Ready to accept connections");
}
