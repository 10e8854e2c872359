using OrleansTagCache;
using OrleansTagCache.Fetch;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets an <see cref="HttpClient"/> keep responses in the cluster's cache.</summary>
public static class HttpClientTagCacheExtensions
{
    /// <summary>
    /// Requests of this client that say so (<see cref="HttpRequestCacheExtensions.Cache"/>) are served from the cache. Handlers that are added afterwards come
    /// after it: they see only what is really sent. A request that one of them adds credentials to is not cached.
    /// </summary>
    /// <param name="builder">The client.</param>
    public static IHttpClientBuilder AddTagCache(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddCacheRequired();
        return builder.AddHttpMessageHandler(provider => provider.CreateOverCache<TagCacheHttpHandler>(builder.Name));
    }
}
