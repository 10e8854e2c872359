using Microsoft.Extensions.Caching.Hybrid;

namespace OrleansTagCache.Adapters;

/// <summary>What the options of one call come to, with the defaults filled in.</summary>
internal readonly record struct HybridCall(TimeSpan Expiration, TimeSpan? LocalExpiration, HybridCacheEntryFlags Flags)
{
    private static readonly TimeSpan DefaultExpiration = TimeSpan.FromMinutes(5);

    /// <summary>Only look: a miss is the type's default.</summary>
    public bool IsLookUp => Flags.HasFlag(HybridCacheEntryFlags.DisableUnderlyingData);

    /// <summary>Whether a near copy may be served and kept. They are as strict as the silos' values, so this is the caller's wish alone.</summary>
    public bool IsNear => (Flags & HybridCacheEntryFlags.DisableLocalCache) == HybridCacheEntryFlags.None && LocalExpiration is null or { Ticks: > 0 };

    /// <summary>Whether anything may be stored. There is no value near without one in the cluster, so what must not be there is nowhere.</summary>
    public bool IsStored => !Flags.HasFlag(HybridCacheEntryFlags.DisableDistributedCacheWrite) && Expiration > TimeSpan.Zero;

    public ReadMode Mode => (IsRead: !Flags.HasFlag(HybridCacheEntryFlags.DisableDistributedCacheRead), IsStored) switch
    {
        (true, true) => ReadMode.Cached,
        (true, false) => ReadMode.Unstored,
        (false, true) => ReadMode.Refill,
        _ => ReadMode.Uncached,
    };

    /// <summary>The same call of a value that must not be stored.</summary>
    public HybridCall Unstored => this with { Flags = Flags | HybridCacheEntryFlags.DisableDistributedCacheWrite };

    /// <summary>Fresh until it expires: HybridCache knows no stale values.</summary>
    public CacheLife Life => new(TimeSpan.Zero, Expiration, Expiration);

    public static HybridCall Of(HybridCacheEntryOptions? options, HybridCacheEntryOptions defaults) => new(
        options?.Expiration ?? defaults.Expiration ?? DefaultExpiration,
        options?.LocalCacheExpiration ?? defaults.LocalCacheExpiration,
        options?.Flags ?? defaults.Flags ?? HybridCacheEntryFlags.None);

    public CacheEntryOptions ToOptions(string[] tags, TagCacheHybridOptions ofAll) => new()
    {
        Sliding = ofAll.Sliding,
        StoreNull = ofAll.StoreNull,
        Tags = tags,
        MostTags = int.MaxValue,
        Life = Expiration > TimeSpan.Zero ? Life : null,
        NearCache = IsNear ? NearCacheMode.On : NearCacheMode.Off,
    };
}
