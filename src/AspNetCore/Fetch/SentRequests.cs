using Microsoft.Extensions.Http;

namespace OrleansTagCache.Fetch;

/// <summary>
/// What was really sent while a response was fetched: each request as it came to the client's primary handler, whichever copies the handlers before it have made.
/// </summary>
/// <remarks>Thread-safe: handlers may send several at a time. It follows the flow of the fetch; other requests in that flow are not concerned.</remarks>
internal sealed class SentRequests
{
    private static readonly AsyncLocal<SentRequests?> Ambient = new();

    private readonly Lock _gate = new();
    private readonly List<(HttpRequestMessage Request, Uri? Address)> _requests = [];

    /// <summary>Each with the address that it had then: redirects change it.</summary>
    public (HttpRequestMessage Request, Uri? Address)[] All
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Begins to look; ends with the async method that calls it.</summary>
    public static SentRequests Begin() => Ambient.Value = new();

    /// <summary>What is sent from here on, until the end of the async method that calls it, belongs to no fetch.</summary>
    public static void None()
    {
        if (Ambient.Value is not null)
        {
            Ambient.Value = null;
        }
    }

    private void Add(HttpRequestMessage request)
    {
        lock (_gate)
        {
            _requests.Add((request, request.RequestUri));
        }
    }

    /// <summary>Stands last of all, before the primary handler.</summary>
    private sealed class Observer : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Ambient.Value?.Add(request);
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Puts the observer behind all that a client's configuration has added, wherever in it the cache was.</summary>
    internal sealed class Filter : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
        {
            next(builder);
            if (builder.AdditionalHandlers.OfType<TagCacheHttpHandler>().Any())
            {
                builder.AdditionalHandlers.Add(new Observer());
            }
        };
    }
}
