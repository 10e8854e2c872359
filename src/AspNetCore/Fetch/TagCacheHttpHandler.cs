using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTagCache.Flights;
using OrleansTagCache.Names;

namespace OrleansTagCache.Fetch;

/// <summary>
/// Caches the responses of requests that say so. What must not be kept goes to the one caller whose request it answered: others who waited for it send their own.
/// </summary>
/// <remarks>
/// Thread-safe. What handlers further in, or the connection, make of a request is looked at when the response is there: what its caller did not send, and so is no part of
/// the key, keeps it out of the cache. Clients of different names share nothing, since their handlers may differ.
/// </remarks>
internal sealed partial class TagCacheHttpHandler(
    string client, ITagCache cache, UncacheableKeys uncacheable, TagCacheClientOptions limits, IOptionsMonitor<TagCacheFetchOptions> options, TimeProvider time,
    ILogger<TagCacheHttpHandler> logger) : DelegatingHandler
{
    private int _hasSaid;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        SentRequests.None();
        if (!request.Options.TryGetValue(FetchCaching.Key, out var caching))
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        // An entry that is made from the response depends on its tags, whether the response is cached or not.
        CacheContext.Current?.DependsOn(CacheNamespace.Parse(limits.Namespace), caching.Tags);
        if (FaultOf(request, caching) is { } fault)
        {
            LogNotCached(fault);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var key = FetchKey.Of(client, request, caching.IsPerUser);
        if (uncacheable.Contains(key))
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var call = new Call(this, request);
        try
        {
            var fetched = await cache.GetOrCreateAsync(
                key, call, static (call, _, token) => call.Handler.Fetch(call, token), new() { Life = caching.Life, Tags = caching.Tags }, cancellationToken).ConfigureAwait(false);
            return fetched.ToResponse(request, time.GetUtcNow());
        }
        catch (NotForKeeping found)
        {
            if (found.IsOfItsKind)
            {
                uncacheable.Add(key);
            }

            LogNotCached(found.Message);
            return found.TakeFor(call) ?? await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (cancelled is not TaskCanceledException && cancellationToken.IsCancellationRequested)
        {
            // As every handler that sends.
            throw new TaskCanceledException(cancelled.Message, cancelled.InnerException, cancellationToken);
        }
        finally
        {
            call.IsOver = true;
        }
    }

    /// <summary>A request is sent for all who join: so a copy is sent, which its caller cannot dispose of; a refresh in the background sends another.</summary>
    private async ValueTask<FetchedResponse> Fetch(Call call, CancellationToken cancellationToken)
    {
        var (copy, sent) = (CopyOf(call.Request), SentRequests.Begin());
        var response = await base.SendAsync(copy, cancellationToken).ConfigureAwait(false);
        try
        {
            if (FetchedResponse.FaultOf(response) is { } fault)
            {
                throw new NotForKeeping(fault, call, response);
            }

            if (AddedFault(call.Request, copy, sent, response) is { } added)
            {
                SayKeptOut(added);
                throw new NotForKeeping(added, call, response);
            }

            if (!await TryRead(response, cancellationToken).ConfigureAwait(false))
            {
                throw response.Content is ReplayedContent { IsCutShort: true }
                    ? new NotForKeeping("Its body was cut short.", call, response) { IsOfItsKind = false }
                    : new NotForKeeping("Its body is too large.", call, response);
            }

            var fetched = FetchedResponse.Of(response, await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), time.GetUtcNow());
            response.Dispose();
            return fetched;
        }
        catch (Exception exception) when (exception is not NotForKeeping || call.IsOver)
        {
            // No caller takes it.
            response.Dispose();
            throw;
        }
    }

    private static HttpRequestMessage CopyOf(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(HttpMethod.Get, request.RequestUri) { Version = request.Version, VersionPolicy = request.VersionPolicy };
        foreach (var header in request.Headers.NonValidated)
        {
            copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        foreach (var option in (IDictionary<string, object?>)request.Options)
        {
            ((IDictionary<string, object?>)copy.Options)[option.Key] = option.Value;
        }

        return copy;
    }

    /// <summary>What was sent and is not the caller's: of a handler further in, of the connection, or cookies of an address that it was redirected to.</summary>
    private string? AddedFault(HttpRequestMessage request, HttpRequestMessage copy, SentRequests sent, HttpResponseMessage response)
    {
        var allowed = options.Get(client);
        foreach (var (other, address) in sent.All)
        {
            if (other.Method != HttpMethod.Get || other.Content is not null)
            {
                return "A handler changed its method, or gave it a body.";
            }

            if (address != request.RequestUri && !allowed.IsAddressHarmless)
            {
                return "A handler sent it to another address, which is no part of the key; IsAddressHarmless allows that.";
            }
        }

        // A handler may have changed the request itself, or a copy of its own that only the end of the chain has seen.
        foreach (var other in sent.All.Select(one => one.Request).Append(copy).Append(response.RequestMessage ?? copy))
        {
            if (FetchKey.OtherHeader(request, other, allowed.HarmlessHeaders) is { } name)
            {
                return $"A handler added the header {name}, which is no part of the key; HarmlessHeaders names those that are the same for all.";
            }
        }

        return HandlerAddsCredentials(request.RequestUri!) || (response.RequestMessage?.RequestUri is { } last && HandlerAddsCredentials(last))
            ? "The connection added credentials or cookies, which are no part of the key."
            : null;
    }

    /// <summary>Reads the body, but no more of it than may be kept: the caller gets the rest from the wire, with the errors that occur there.</summary>
    private async ValueTask<bool> TryRead(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // It is kept as text, which takes a third more, with the headers.
        var most = limits.MaximumPayloadBytes / 2;
        if (response.Content.Headers.ContentLength > most)
        {
            return false;
        }

        var begun = await ReplayedContent.Read(response.Content, most, cancellationToken).ConfigureAwait(false);
        response.Content = begun;
        return begun.IsComplete;
    }

    private string? FaultOf(HttpRequestMessage request, FetchCaching caching) =>
        request.Method != HttpMethod.Get || request.Content is not null ? "Only GET without a body is cached."
        : request.RequestUri is not { IsAbsoluteUri: true } ? "The request has no absolute address."
        : request.Headers.Range is not null || HasCondition(request) ? "It asks for a part, or under a condition."
        : FetchedResponse.Says(request.Headers, "no-store", "no-cache") ? "The request's Cache-Control forbids it."
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
            SocketsHttpHandler sockets => sockets.Credentials is not null || sockets.SslOptions.ClientCertificates is { Count: > 0 } || (sockets.UseCookies && HasCookies(sockets.CookieContainer, address)),
            HttpClientHandler client => client.UseDefaultCredentials || client.Credentials is not null
                || client.ClientCertificates.Count > 0 || (client.UseCookies && HasCookies(client.CookieContainer, address)),
            _ => false,
        };
    }

    private static bool HasCookies(CookieContainer cookies, Uri address) => cookies.GetCookies(address).Count > 0;

    private void SayKeptOut(string fault)
    {
        if (Interlocked.Exchange(ref _hasSaid, 1) == 0)
        {
            LogKeptOut(fault);
        }
    }

    [LoggerMessage(2512, LogLevel.Warning, "A response is not stored, since a handler changed the request. {Fault}")]
    private partial void LogKeptOut(string fault);

    [LoggerMessage(2511, LogLevel.Debug, "A response was neither taken from the cache nor stored. {Fault}")]
    private partial void LogNotCached(string fault);

    /// <summary>One call of a client.</summary>
    private sealed class Call(TagCacheHttpHandler handler, HttpRequestMessage request)
    {
        private volatile bool _isOver;

        public TagCacheHttpHandler Handler => handler;

        public HttpRequestMessage Request => request;

        /// <summary>Whether its caller has got what it asked for, or has gone. Then it runs for others, or in the background.</summary>
        public bool IsOver
        {
            get => _isOver;
            set => _isOver = value;
        }
    }

    /// <summary>A response that must not be kept, on its way past the cache to the caller whose request it answered.</summary>
#pragma warning disable CA1064 // It is never seen outside.
    private sealed class NotForKeeping(string fault, Call call, HttpResponseMessage response) : Exception(fault)
#pragma warning restore CA1064
    {
        private HttpResponseMessage? _response = response;

        /// <summary>Whether the next one will hardly be for keeping either.</summary>
        public bool IsOfItsKind { get; init; } = true;

        /// <summary>The response, for its own caller, once.</summary>
        public HttpResponseMessage? TakeFor(Call caller)
        {
            if (!ReferenceEquals(caller, call) || Interlocked.Exchange(ref _response, null) is not { } own)
            {
                return null;
            }

            own.RequestMessage = caller.Request;
            return own;
        }
    }
}
