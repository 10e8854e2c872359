using OrleansTagCache.Names;

namespace OrleansTagCache.Fetch;

/// <summary>How the response to a request is to be cached.</summary>
/// <param name="Life">Its life; null for the cache's default.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="IsPerUser">Whether the user that the credentials name has a response of their own.</param>
internal sealed record FetchCaching(CacheLife? Life, string[] Tags, bool IsPerUser)
{
    public static readonly HttpRequestOptionsKey<FetchCaching> Key = new("OrleansTagCache.Fetch");

    /// <exception cref="ArgumentException">A tag breaks a limit.</exception>
    public static FetchCaching Of(CacheLife? life, string[] tags, bool isPerUser) => new(life, TagSet.ForEntry(tags, nameof(tags)), isPerUser);
}
