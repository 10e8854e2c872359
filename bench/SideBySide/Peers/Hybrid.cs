using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>Microsoft's HybridCache implementation: memory alone, or with Redis behind it.</summary>
internal sealed class Hybrid : ITaggedPeer, INearPeer, ISettablePeer
{
    private readonly ServiceProvider _services;
    private readonly HybridCacheEntryOptions _options;

    private Hybrid(IServiceCollection services, HybridCacheEntryFlags flags)
    {
        services.AddHybridCache();
        _services = services.BuildServiceProvider();
        Cache = _services.GetRequiredService<HybridCache>();
        _options = new() { Expiration = PeerSettings.Life, LocalCacheExpiration = PeerSettings.Life, Flags = flags };
    }

    public HybridCache Cache { get; }

    public static Hybrid InMemory() => new(new ServiceCollection(), HybridCacheEntryFlags.None);

    /// <param name="redis">Its second level.</param>
    /// <param name="flags"><see cref="HybridCacheEntryFlags.DisableLocalCache"/> to read the second level every time.</param>
    public static Hybrid OnRedis(string redis, HybridCacheEntryFlags flags = HybridCacheEntryFlags.None) => new(
        new ServiceCollection().AddStackExchangeRedisCache(options => (options.Configuration, options.InstanceName) = (redis, "hybrid:")),
        flags);

    public Read<T> Entries<T>(string[] tags, Make<T> make) =>
        key => Cache.GetOrCreateAsync(key, make, static (make, token) => make(token), _options, tags);

    public Store Sets(string[] tags) => (key, value) => Cache.SetAsync(key, value, _options, tags);

    public Task Invalidate(string tag) => Cache.RemoveByTagAsync(tag).AsTask();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
