using System.Net;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Adapters;
using OrleansTagCache.Hosting;

namespace OrleansTagCache.Fetch;

/// <summary>
/// Caches the responses of requests that say so. What must not be kept goes to the one caller whose request it answered: others who waited for it send their own.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class TagCacheHttpHandler(
    ITagCache cache, UncacheableKeys uncacheable, TagCacheClientOptions limits, TimeProvider time, ILogger<TagCacheHttpHandler> logger) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(FetchCaching.Key, out var caching))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        if (FaultOf(request, caching) is { } fault)
        {
            LogNotCached(fault);
            return await base.SendAsync(request, cancellationToken);
        }

        var key = FetchKey.Of(request, caching.IsPerUser);
        if (uncacheable.Contains(key))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        try
        {
            var fetched = await cache.GetOrCreateAsync(
                key, (Handler: this, Request: request), static (call, _, token) => call.Handler.Fetch(call.Request, token), new() { Life = caching.Life, Tags = caching.Tags }, cancellationToken);
            return fetched.ToResponse(request, time.GetUtcNow());
        }
        catch (NotForKeeping found)
        {
            uncacheable.Add(key);
            LogNotCached(found.Message);
            return found.TakeFor(request) ?? await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>A request is sent for whoever joins: so a copy is, which its caller cannot dispose of; a refresh in the background sends another.</summary>
    private async ValueTask<FetchedResponse> Fetch(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var copy = new HttpRequestMessage(HttpMethod.Get, request.RequestUri) { Version = request.Version, VersionPolicy = request.VersionPolicy };
        foreach (var header in request.Headers.NonValidated)
        {
            copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        var response = await base.SendAsync(copy, cancellationToken);
        if ((FetchedResponse.FaultOf(response) ?? await TooLarge(response, cancellationToken)) is { } fault)
        {
            throw new NotForKeeping(fault, request, response);
        }

        using (response)
        {
            return FetchedResponse.Of(response, await response.Content.ReadAsByteArrayAsync(cancellationToken), time.GetUtcNow());
        }
    }

    /// <summary>Reads the body, but no more of it than may be kept: whoever asked gets the rest from the wire.</summary>
    private async ValueTask<string?> TooLarge(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // It is kept as text, which takes a third more, with the headers.
        var most = limits.MaximumPayloadBytes / 2;
        if (response.Content.Headers.ContentLength > most)
        {
            return "Its body is too large.";
        }

        var begun = await ReplayedContent.Read(response.Content, most, cancellationToken);
        response.Content = begun;
        return begun.IsComplete ? null : "Its body is too large.";
    }

    private string? FaultOf(HttpRequestMessage request, FetchCaching caching) =>
        request.Method != HttpMethod.Get || request.Content is not null ? "Only GET without a body is cached."
        : request.RequestUri is not { IsAbsoluteUri: true } ? "The request has no absolute address."
        : request.Headers.Range is not null || HasCondition(request) ? "It asks for a part, or under a condition."
        : request.Headers.CacheControl is { NoStore: true } or { NoCache: true } ? "The request's Cache-Control forbids it."
        : FetchKey.HasCredentials(request) && !caching.IsPerUser ? "It has credentials; CachePerUser makes them a part of the key."
        : HandlerAddsCredentials(request.RequestUri) ? "The client's handler adds credentials or cookies, which cannot be a part of the key."
        : null;

    private static bool HasCondition(HttpRequestMessage request) =>
        request.Headers.IfModifiedSince is not null || request.Headers.IfUnmodifiedSince is not null || request.Headers.IfRange is not null
        || request.Headers.IfMatch.Count > 0 || request.Headers.IfNoneMatch.Count > 0;

    private bool HandlerAddsCredentials(Uri address)
    {
        var handler = InnerHandler;
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }

        return handler switch
        {
            SocketsHttpHandler sockets => sockets.Credentials is not null || (sockets.UseCookies && HasCookies(sockets.CookieContainer, address)),
            HttpClientHandler client => client.UseDefaultCredentials || client.Credentials is not null
                || (client.UseCookies && HasCookies(client.CookieContainer, address)),
            _ => false,
        };
    }

    private static bool HasCookies(CookieContainer cookies, Uri address) => cookies.GetCookies(address).Count > 0;

    [LoggerMessage(2511, LogLevel.Debug, "A response was not taken from the cache, nor kept. {Fault}")]
    private partial void LogNotCached(string fault);

    /// <summary>A response that must not be kept, on its way past the cache to the caller whose request it answered.</summary>
#pragma warning disable CA1064 // Nobody else ever sees it.
    private sealed class NotForKeeping(string fault, HttpRequestMessage request, HttpResponseMessage response) : Exception(fault)
#pragma warning restore CA1064
    {
        private HttpResponseMessage? _response = response;

        /// <summary>The response, for its own caller, once.</summary>
        public HttpResponseMessage? TakeFor(HttpRequestMessage caller)
        {
            if (!ReferenceEquals(caller, request) || Interlocked.Exchange(ref _response, null) is not { } own)
            {
                return null;
            }

            own.RequestMessage = caller;
            return own;
        }
    }
}
