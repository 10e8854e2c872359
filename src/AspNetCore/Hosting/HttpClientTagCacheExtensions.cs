using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using OrleansTagCache;
using OrleansTagCache.Fetch;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets an <see cref="HttpClient"/> keep responses in the cluster's cache.</summary>
public static class HttpClientTagCacheExtensions
{
    /// <summary>
    /// Requests of this client that say so (<see cref="HttpRequestCacheExtensions.Cache"/>) are served from the cache. Handlers that are added afterwards come
    /// after it: they see only what is really sent. A request that one of them changes, by a header that the caller did not send, another address, method or body, is not cached,
    /// since what comes back may be somebody's own: see <see cref="TagCacheFetchOptions"/>.
    /// </summary>
    /// <param name="builder">The client.</param>
    public static IHttpClientBuilder AddTagCache(this IHttpClientBuilder builder) => builder.AddTagCache(_ => { });

    /// <inheritdoc cref="AddTagCache(IHttpClientBuilder)" path="/*[not(self::param)]"/>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Says which changes of handlers further in are harmless.</param>
    public static IHttpClientBuilder AddTagCache(this IHttpClientBuilder builder, Action<TagCacheFetchOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddCacheRequired();
        builder.Services.AddOptions<TagCacheFetchOptions>(builder.Name).Configure(configure);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, SentRequests.Filter>());
        return builder.AddHttpMessageHandler(provider => provider.CreateOverCache<TagCacheHttpHandler>(builder.Name));
    }
}
