using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>This repository's cache, as a client of the silos.</summary>
internal sealed class Ours : ITaggedPeer, INearPeer, ISettablePeer
{
    private const int NearEntries = 2_000_000;
    private const long NearBytes = 4L * 1024 * 1024 * 1024;

    private readonly IHost _host;

    private Ours(IHost host) => (_host, Cache) = (host, host.Services.GetRequiredService<ITagCache>());

    public ITagCache Cache { get; }

    public static async Task<Ours> Connect(string redis, Action<TagCacheClientOptions>? configure = null, Action<ClusterTlsOptions>? tls = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
            client.UseRedisClustering(redis);
            if (tls is not null)
            {
                client.UseClusterTls(tls);
            }

            client.AddTagCacheClient(cache =>
            {
                // The other peers' memory is not bounded either.
                (cache.NearCacheMaximumEntries, cache.NearCacheMaximumBytes) = (NearEntries, NearBytes);
                configure?.Invoke(cache);
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    public Read<T> Entries<T>(string[] tags, Make<T> make)
    {
        var options = new CacheEntryOptions { Tags = tags, Life = CacheLife.Max };
        return key => Cache.GetOrCreateAsync(key, make, static (make, _, token) => make(token), options);
    }

    public Store Sets(string[] tags)
    {
        var options = new CacheEntryOptions { Tags = tags, Life = CacheLife.Max };
        return (key, value) => Cache.SetAsync(key, value, options);
    }

    public async Task Invalidate(string tag)
    {
        using var action = ServerAction.Begin();
        await Cache.UpdateTagAsync(tag);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
