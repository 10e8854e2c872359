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
    /// Serves requests of this client from the cache if they ask for it (<see cref="HttpRequestCacheExtensions.Cache"/>). Handlers that are added later come
    /// after the cache: they see only requests that are really sent. If one of them changes a request, by a header that the caller did not send or by another address, method or body, the response is not cached,
    /// since it may be meant for one user: see <see cref="TagCacheFetchOptions"/>.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <returns>The client.</returns>
    public static IHttpClientBuilder AddTagCache(this IHttpClientBuilder builder) => builder.AddTagCache(_ => { });

    /// <inheritdoc cref="AddTagCache(IHttpClientBuilder)" path="/*[not(self::param)]"/>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Says which changes by handlers behind the cache are harmless.</param>
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
