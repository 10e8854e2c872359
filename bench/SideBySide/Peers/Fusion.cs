using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Locking.Distributed.Redis;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>FusionCache: memory alone, or with Redis behind it and its backplane beside, with or without locks in Redis that let one process at a time make an entry.</summary>
internal sealed class Fusion : ITaggedPeer, INearPeer, ISettablePeer
{
    private readonly ServiceProvider _services;
    private readonly FusionCacheEntryOptions _options;

    private Fusion(ServiceProvider services, bool near)
    {
        _services = services;
        Cache = services.GetRequiredService<IFusionCache>();
        _options = new FusionCacheEntryOptions(PeerSettings.Life).SetSkipMemoryCache(!near);
    }

    public IFusionCache Cache { get; }

    public static Fusion InMemory()
    {
        var services = new ServiceCollection();
        services.AddFusionCache();
        return new(services.BuildServiceProvider(), near: true);
    }

    /// <param name="redis">Its second level and its backplane.</param>
    /// <param name="near">False to read the second level every time.</param>
    /// <param name="locks">Whether an entry is made under a lock that all processes share.</param>
    public static Fusion OnRedis(string redis, bool near = true, bool locks = false)
    {
        var services = new ServiceCollection();
        var cache = services.AddFusionCache()
            .WithSerializer(new FusionCacheSystemTextJsonSerializer())
            .WithDistributedCache(_ => new RedisCache(new RedisCacheOptions { Configuration = redis, InstanceName = locks ? "fusion-locks:" : "fusion:" }))
            .WithStackExchangeRedisBackplane(options => options.Configuration = redis);
        if (locks)
        {
            cache.WithRedisDistributedLocker(options => options.Configuration = redis);
        }

        return new(services.BuildServiceProvider(), near);
    }

    public Read<T> Entries<T>(string[] tags, Make<T> make)
    {
        Func<FusionCacheFactoryExecutionContext<T>, CancellationToken, Task<T>> factory = (_, token) => make(token).AsTask();
        return key => Cache.GetOrSetAsync(key, factory, default, _options, tags);
    }

    public Store Sets(string[] tags) => (key, value) => Cache.SetAsync(key, value, _options, tags);

    public Task Invalidate(string tag) => Cache.RemoveByTagAsync(tag).AsTask();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
