using OrleansTagCache.Fetch;

namespace OrleansTagCache;

/// <summary>Asks for the response of a request to be cached. This needs an <see cref="HttpClient"/> that was built with <c>AddTagCache()</c>; others ignore it.</summary>
public static class HttpRequestCacheExtensions
{
    /// <summary>
    /// Serves the request from the cache, or caches its response: one request to the server in the whole cluster. Only GET without a body and without
    /// credentials; only status 200 without <c>Set-Cookie</c>, <c>Vary: *</c> and <c>Cache-Control: private</c> or <c>no-store</c>, with a body of at most half the size that an
    /// entry may have. Every other request is sent as if
    /// this had not been called.
    /// </summary>
    /// <param name="request">The request. Its headers are part of the key, except for those that trace it, so that responses that vary by them are kept apart.</param>
    /// <param name="life">How long the response lives; null for the cache's default.</param>
    /// <param name="tags">Its tags, at most 128.</param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentException">A tag breaks a limit.</exception>
    public static HttpRequestMessage Cache(this HttpRequestMessage request, CacheLife? life, params string[] tags) => Mark(request, life, tags, isPerUser: false);

    /// <summary>As <see cref="Cache"/>, also with credentials: the headers <c>Authorization</c> and <c>Cookie</c> are part of the key, so that no user gets the response to another.</summary>
    /// <inheritdoc cref="Cache"/>
    /// <remarks>Credentials that the client's handler adds by itself, such as its cookies, are not part of the key: such requests are not cached.</remarks>
    public static HttpRequestMessage CachePerUser(this HttpRequestMessage request, CacheLife? life, params string[] tags) => Mark(request, life, tags, isPerUser: true);

    private static HttpRequestMessage Mark(HttpRequestMessage request, CacheLife? life, string[] tags, bool isPerUser)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(tags);
        request.Options.Set(FetchCaching.Key, FetchCaching.Of(life, tags, isPerUser));
        return request;
    }
}
