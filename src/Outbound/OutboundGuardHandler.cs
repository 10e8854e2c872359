using System.Net;

namespace OrleansTagCache.Outbound;

/// <summary>
/// Looks at every address that a request is to go to, the ones that it is redirected to included, before it goes there; bounds time and size; sends no credentials.
/// </summary>
/// <remarks>Thread-safe. It is the last handler but the one that connects, wherever it was added.</remarks>
internal sealed class OutboundGuardHandler : DelegatingHandler
{
    private static readonly string[] Refused = ["Authorization", "Proxy-Authorization", "Cookie", "Host"];

    /// <summary>All that goes along to another host.</summary>
    private static readonly string[] Neutral = ["Accept", "Accept-Encoding", "Accept-Language", "User-Agent"];

    private readonly OutboundOptions _options;
    private readonly TimeProvider _time;
    private readonly HostRule[] _hosts;

    public OutboundGuardHandler(OutboundOptions options, IHostResolver resolver, TimeProvider time)
    {
        (_options, _time, _hosts) = (options, time, [.. options.AllowedHosts.Select(host => HostRule.TryParse(host)!)]);
        InnerHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxResponseHeadersLength = 32,
            ResponseDrainTimeout = TimeSpan.Zero,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectCallback = (context, token) => new GuardedConnector(options, resolver).Connect(context.DnsEndPoint, token),
        };
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A guarded client supports asynchronous calls only.");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await Follow(request, either.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.InnerException is OutboundRefusedException refusal)
        {
            throw refusal;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new OutboundRefusedException($"The request took longer than {_options.Timeout} (Timeout).");
        }
    }

    private async Task<HttpResponseMessage> Follow(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Array.Find(Refused, request.Headers.NonValidated.Contains) is { } credential)
        {
            throw new OutboundRefusedException($"The request has the header {credential}: a guarded client sends no credentials, and its Host header must match the address.");
        }

        KeepFromHttp3(request);
        for (var hops = 0; ; hops++)
        {
            Check(request.RequestUri);
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (Next(request, response) is not { } next)
            {
                return await Bounded(response, cancellationToken).ConfigureAwait(false);
            }

            response.Dispose();
            if (hops == _options.MaximumRedirects)
            {
                throw new OutboundRefusedException($"The request was redirected more than {_options.MaximumRedirects} times (MaximumRedirects).");
            }

            request = next;
        }
    }

    /// <summary>HTTP/3 does not connect by the guarded connector, and goes where a response says that it is spoken too.</summary>
    private static void KeepFromHttp3(HttpRequestMessage request)
    {
        if (request.Version.Major > 2 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
        }
    }

    private void Check(Uri? address)
    {
        if (address is not { IsAbsoluteUri: true } || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && _options.AllowHttp)))
        {
            throw new OutboundRefusedException($"A guarded client calls {(_options.AllowHttp ? "http and https" : "https")} addresses only; this one is '{address?.GetComponents(UriComponents.Scheme, UriFormat.UriEscaped)}'.");
        }

        if (address.UserInfo.Length > 0)
        {
            throw new OutboundRefusedException("The address contains a user name: a guarded client sends no credentials.");
        }

        if (!Array.Exists(_hosts, host => host.Allows(address)))
        {
            throw new OutboundRefusedException($"The host {address.Host}, port {address.Port}, is not in AllowedHosts.");
        }
    }

    /// <summary>The request that a response sends the caller on to, or null if it does not, or if the request is not one to repeat.</summary>
    private static HttpRequestMessage? Next(HttpRequestMessage request, HttpResponseMessage response)
    {
        var isRedirect = response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head) || AddressOf(request, response) is not { } address)
        {
            return null;
        }

        if (request.RequestUri!.Scheme == Uri.UriSchemeHttps && address.Scheme == Uri.UriSchemeHttp)
        {
            throw new OutboundRefusedException("The request was redirected from https to http.");
        }

        var next = new HttpRequestMessage(request.Method, address) { Version = request.Version, VersionPolicy = request.VersionPolicy };
        var isSameHost = Uri.Compare(address, request.RequestUri, UriComponents.HostAndPort, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        foreach (var header in request.Headers.NonValidated)
        {
            if (header.Key != "Host" && (isSameHost || Neutral.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
            {
                next.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        return next;
    }

    private static Uri? AddressOf(HttpRequestMessage request, HttpResponseMessage response)
    {
        try
        {
            return response.Headers.Location is { } location ? new Uri(request.RequestUri!, location) : null;
        }
        catch (Exception exception) when (exception is UriFormatException or IndexOutOfRangeException)
        {
            // The second is what Uri of .NET 10 throws at some addresses that begin with two slashes.
            throw new OutboundRefusedException("The request was redirected to something that is not an address.");
        }
    }

    /// <summary>The response with its body read, if it is not too large.</summary>
    private async Task<HttpResponseMessage> Bounded(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var most = _options.MaximumResponseBytes;
            var body = new MemoryStream();
            var stream = response.Content.Headers.ContentLength > most ? throw TooLarge() : await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var closing = stream.ConfigureAwait(false);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (body.Length + read > most)
                {
                    throw TooLarge();
                }

                body.Write(buffer, 0, read);
            }

            var content = new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length);
            foreach (var header in response.Content.Headers.NonValidated)
            {
                content.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }

            response.Content = content;
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private OutboundRefusedException TooLarge() => new($"The response has more than {_options.MaximumResponseBytes} bytes (MaximumResponseBytes).");
}
