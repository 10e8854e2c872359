using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Api;

/// <summary>
/// Calls the HTTP API of the silos. A silo that does not answer, or says that it cannot do it now, is passed over for the next one; each call of this program may be repeated, so it does not matter whether the
/// silo that was passed over has carried it out. The last silo that answered is asked first.
/// </summary>
/// <remarks>Thread-safe. It follows no redirect and uses no proxy: the key goes to the silos alone.</remarks>
internal sealed class SiloApi : IDisposable
{
    /// <summary>For reads; a silo itself bounds its own waits by less.</summary>
    public static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(10);

    /// <summary>For changes: a silo goes on for 30 s by default before it says that one is incomplete.</summary>
    public static readonly TimeSpan ChangePatience = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http;
    private readonly CliHost _host;
    private readonly TimeSpan? _patience;
    private int _first;

    /// <exception cref="CliFault">Its certificates cannot be read.</exception>
    public SiloApi(Target target, CliHost host, TimeSpan? patience, int connections = int.MaxValue)
    {
        (Target, _host, _patience) = (target, host, patience);
        Tls = new ClientTls(target.Tls, host);
        _http = new(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectPatience,
            MaxConnectionsPerServer = connections,
            SslOptions = Tls.Options(),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("otc", Version));
        if (target.Key is { } key)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    /// <summary>The version of this program.</summary>
    public static string Version { get; } = typeof(SiloApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public Target Target { get; }

    public ClientTls Tls { get; }

    public Task<Answer> Get(string path, CancellationToken cancellationToken) => Send(HttpMethod.Get, path, null, ReadPatience, cancellationToken);

    public Task<Answer> Change(HttpMethod method, string path, Func<HttpContent>? body, CancellationToken cancellationToken) => Send(method, path, body, ChangePatience, cancellationToken);

    /// <summary>The first silo's answer that is one.</summary>
    /// <exception cref="CliFault">None answers.</exception>
    public async Task<Answer> Send(HttpMethod method, string path, Func<HttpContent>? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        Answer? last = null;
        var start = Volatile.Read(ref _first);
        for (var i = 0; i < Target.Urls.Length; i++)
        {
            var at = (start + i) % Target.Urls.Length;
            try
            {
                last = await SendTo(Target.Urls[at], method, path, body, patience, cancellationToken);
                if (!last.MayPass)
                {
                    Volatile.Write(ref _first, at);
                    return last;
                }

                faults.Add($"{Target.Show(last.Url)} answers {last.Status} ({last.Code ?? "no code"})");
            }
            catch (SiloUnreachableException unreachable)
            {
                faults.Add(unreachable.Message);
            }

            if (i < Target.Urls.Length - 1)
            {
                _host.Error.WriteLine($"{faults[^1]}; asking the next silo.");
            }
        }

        return last ?? throw new CliFault(
            ExitCode.Unreachable,
            "unreachable",
            faults.Count == 1 ? $"{faults[0]}." : $"None of {faults.Count} silos answers: {string.Join("; ", faults)}.",
            Target.IsDefault ? "Say where the silos are: --url, OTC_URL, or a context (otc context add)." : "'otc doctor' looks for the cause.");
    }

    /// <summary>The answer of one silo.</summary>
    /// <exception cref="SiloUnreachableException">It does not answer.</exception>
    public async Task<Answer> SendTo(Uri url, HttpMethod method, string path, Func<HttpContent>? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        var limit = _patience ?? patience;
        using var late = new CancellationTokenSource(limit, _host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, new Uri(url, path)) { Content = body?.Invoke() };

        // A body that is too long is refused before it is sent.
        request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > 1_000_000 ? true : null;
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return new(url, (int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token), headers);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SiloUnreachableException(url, $"did not answer within {Amounts.Show(late.IsCancellationRequested ? limit : ConnectPatience)}");
        }
        catch (HttpRequestException exception)
        {
            throw new SiloUnreachableException(url, $"does not answer: {Reason(url, exception)}");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        Tls.Dispose();
    }

    private string Reason(Uri url, HttpRequestException exception) => exception.GetBaseException() switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "the connection is refused. Nothing listens there, or a firewall refuses it",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => $"the name '{url.Host}' is not known to this machine's resolver",
        _ when Tls.Of(url)?.Fault is { } fault => fault,
        _ when Tls.Of(url) is { Fault: null } => $"the connection ended after the silo had shown its certificate. It may {(Tls.Own is null ? "want a certificate of this client (--cert)" : "not accept this client's certificate (--cert)")}",
        AuthenticationException tls => $"the TLS handshake failed ({tls.Message.TrimEnd('.')})",
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => $"what it says is not HTTP. Does it want {(url.Scheme == Uri.UriSchemeHttp ? "https" : "http")}?",
        _ when exception.HttpRequestError == HttpRequestError.SecureConnectionError => "the TLS handshake failed. Does it speak TLS?",
        var cause => cause.Message.TrimEnd('.'),
    };
}

/// <summary>A silo did not answer; the message names it and says why.</summary>
/// <param name="url">Where it is.</param>
/// <param name="fault">What is said of it, without its name.</param>
internal sealed class SiloUnreachableException(Uri url, string fault) : Exception($"{Target.Show(url)} {fault}")
{
    public string Fault { get; } = fault;
}
