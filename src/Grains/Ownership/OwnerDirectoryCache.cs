using System.Diagnostics.CodeAnalysis;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;

namespace OrleansTagCache.Ownership;

/// <summary>
/// Stands before the silo's cache of grain addresses: those of entries and tags are computed, at once and as of now, and take no room. Grains of the application
/// that have a directory of their own are cached as ever.
/// </summary>
/// <remarks>As thread-safe as the cache behind it.</remarks>
internal sealed class OwnerDirectoryCache(OwnerDirectory owners, IGrainDirectoryCache others) : IGrainDirectoryCache
{
    public IEnumerable<(GrainAddress ActivationAddress, int Version)> KeyValues => others.KeyValues;

    /// <summary>What a silo caches with unless it was told otherwise.</summary>
    public static IGrainDirectoryCache CacheOfOthers(IServiceProvider services, GrainDirectoryOptions options) =>
        GrainDirectoryCacheFactory.CreateGrainDirectoryCache(services, new()
        {
            CachingStrategy = GrainDirectoryOptions.CachingStrategyType.LRU,
            CacheSize = options.CacheSize,
            MaximumCacheTTL = options.MaximumCacheTTL,
        });

    public void AddOrUpdate(GrainAddress value, int version)
    {
        if (!Owners.Share(value.GrainId.Type))
        {
            others.AddOrUpdate(value, version);
        }
    }

    public bool Remove(GrainId key) => !Owners.Share(key.Type) && others.Remove(key);

    public bool Remove(GrainAddress key) => !Owners.Share(key.GrainId.Type) && others.Remove(key);

    public void Clear() => others.Clear();

    public bool LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
    {
        if (!Owners.Share(key.Type))
        {
            return others.LookUp(key, out result, out version);
        }

        (result, version) = (owners.AddressOf(key), 0);
        return result is not null;
    }
}
