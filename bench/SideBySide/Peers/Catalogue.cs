using Microsoft.Extensions.Caching.Hybrid;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>The peers by the names that the report and the command line of an application process give them.</summary>
internal static class Catalogue
{
    public const string Ours = "ours";
    public const string OursNearOff = "ours, near off";
    public const string HybridInMemory = "HybridCache memory";
    public const string HybridOnRedis = "HybridCache + Redis";
    public const string HybridNearOff = "HybridCache + Redis, near off";
    public const string FusionInMemory = "FusionCache memory";
    public const string FusionOnRedis = "FusionCache + Redis";
    public const string FusionWithLocks = "FusionCache + Redis, locks";
    public const string FusionNearOff = "FusionCache + Redis, near off";
    public const string OutputCachingOnRedis = "output caching on Redis";
    public const string RedisPlain = "Redis plain";
    public const string RedisTagVersions = "Redis tag versions";
    public const string MemoryCache = "IMemoryCache (floor)";
    public const string BitFasterLru = "BitFaster (floor)";

    public static async Task<IPeer> Open(string name, string redis) => name switch
    {
        Ours => await Peers.Ours.Connect(redis),
        OursNearOff => await Peers.Ours.Connect(redis, options => options.NearCache = NearCacheMode.Off),
        HybridInMemory => Hybrid.InMemory(),
        HybridOnRedis => Hybrid.OnRedis(redis),
        HybridNearOff => Hybrid.OnRedis(redis, HybridCacheEntryFlags.DisableLocalCache),
        FusionInMemory => Fusion.InMemory(),
        FusionOnRedis => Fusion.OnRedis(redis),
        FusionWithLocks => Fusion.OnRedis(redis, locks: true),
        FusionNearOff => Fusion.OnRedis(redis, near: false),
        OutputCachingOnRedis => OutputCaching.OnRedis(redis),
        RedisPlain => await PlainRedis.Connect(redis),
        RedisTagVersions => await TagVersions.Connect(redis),
        MemoryCache => new Memory(),
        BitFasterLru => new Lru(),
        _ => throw new ArgumentException($"'{name}' is no peer.", nameof(name)),
    };
}
