using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>A cached client is as one without the cache: what handlers further in make of a request is nobody else's, and what fails fails as it would.</summary>
public sealed class FetchFidelityTests
{
    private static readonly Uri Address = new("http://origin.test/data");

    private string _user = "a";

    public static TheoryData<string> Changes => ["header", "header of a copy", "header of a hidden copy", "several values", "address", "query", "address of a copy", "method", "body", "user agent"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Response_WhoseRequestAHandlerChanged_GoesToItsOwnCaller(string change)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = Start(silo, new Changer(change, this));

        Assert.Equal("1 for a", await Get(services));
        _user = "b";
        Assert.Equal("2 for b", await Get(services));
    }

    [Theory]
    [InlineData("header")]
    [InlineData("header of a copy")]
    [InlineData("header of a hidden copy")]
    [InlineData("address")]
    public async Task Response_WhoseRequestWasChangedHarmlessly_IsKept(string change)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = Start(silo, new Changer(change, this), options =>
        {
            options.HarmlessHeaders.Add("x-api-key");
            options.IsAddressHarmless = true;
        });

        Assert.Equal("1 for a", await Get(services));
        Assert.Equal("1 for a", await Get(services));
    }

    [Theory]
    [InlineData("trace")]
    [InlineData("encoding")]
    [InlineData("nothing")]
    public async Task Response_WhoseRequestIsOnlyTraced_IsKept(string change)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = Start(silo, new Changer(change, this));

        Assert.Equal("1 for a", await Get(services));
        Assert.Equal("1 for a", await Get(services));
    }

    [Fact]
    public async Task Handler_ThatAsksAnotherCachedClientMeanwhile_IsNoChangeOfTheRequest()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = Start(silo, new Changer("asks", this));

        Assert.Equal("1 for a", await Get(services));
        Assert.Equal("1 for a", await Get(services));
    }

    [Theory]
    [InlineData("refused", false)]
    [InlineData("refused", true)]
    [InlineData("cut short", false)]
    [InlineData("cut short", true)]
    [InlineData("own", false)]
    [InlineData("own", true)]
    [InlineData("cancelled within", false)]
    [InlineData("cancelled within", true)]
    [InlineData("timeout", false)]
    [InlineData("cancelled", false)]
    [InlineData("cancelled before", false)]
    public async Task Failure_OfACachedClient_IsThatOfTheClientWithoutTheCache(string how, bool isJoined)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = Start(silo, new Failing(how));

        var without = await Fail(isCached: false);
        string[] with = isJoined ? await Task.WhenAll(Fail(isCached: true), Fail(isCached: true)) : [await Fail(isCached: true)];

        Assert.All(with, fault => Assert.Equal(without, fault));

        async Task<string> Fail(bool isCached)
        {
            using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("a");
            client.Timeout = how == "timeout" ? TimeSpan.FromMilliseconds(200) : Timeout.InfiniteTimeSpan;
            using var cancellation = how.StartsWith("cancelled", StringComparison.Ordinal) && how != "cancelled within" ? new CancellationTokenSource() : null;
            if (how == "cancelled before")
            {
                await cancellation!.CancelAsync();
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, Address);
            _ = isCached ? request.Cache(CacheLife.Hours) : request;
            request.Options.Set(Failing.Cancellation, cancellation);
            var fault = await Record.ExceptionAsync(() => client.SendAsync(request, cancellation?.Token ?? CancellationToken.None));
            return $"{fault!.GetType()} {(fault as HttpRequestException)?.HttpRequestError} {(fault as HttpRequestException)?.StatusCode} {fault.InnerException?.GetType()} "
                + $"{(fault is OperationCanceledException cancelled && cancellation is not null ? cancelled.CancellationToken == cancellation.Token : null)}";
        }
    }

    [Fact]
    public async Task Body_ThatIsCutShort_FailsWhereItIsRead_AndIsAskedForAgain()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = Start(silo, new Failing("cut short once"));
        using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("a");
        using var request = new HttpRequestMessage(HttpMethod.Get, Address).Cache(CacheLife.Hours);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var read = new MemoryStream();
        await Assert.ThrowsAsync<HttpIOException>(() => body.CopyToAsync(read));
        Assert.Equal("begin"u8.ToArray(), read.ToArray());

        Assert.Equal("whole", await Get(services));
        Assert.Equal("whole", await Get(services));
    }

    private static ServiceProvider Start(EntrySilo silo, HttpMessageHandler inner, Action<TagCacheFetchOptions>? configure = null) => ProcessOver.Start(silo, services =>
    {
        var server = new Server();
        services.AddHttpClient("other").ConfigurePrimaryHttpMessageHandler(() => new Server()).AddTagCache();
        var client = services.AddHttpClient("a").ConfigurePrimaryHttpMessageHandler(() => inner is DelegatingHandler ? server : inner).AddTagCache(configure ?? (_ => { }));
        if (inner is Changer changer)
        {
            client.AddHttpMessageHandler(provider =>
            {
                changer.Others = provider.GetRequiredService<IHttpClientFactory>();
                return changer;
            });
        }
    });

    private static async Task<string> Get(ServiceProvider services)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address) { Headers = { { "X-Own", "caller" } } }.Cache(CacheLife.Hours);
        using var answer = await services.GetRequiredService<IHttpClientFactory>().CreateClient("a").SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Answers with how often it was asked, and what for.</summary>
    private sealed class Server : HttpMessageHandler
    {
        private static readonly string[] Own = ["X-Api-Key", "X-Own", "User-Agent"];

        private int _asked;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : string.Empty;
            var whose = Own.Any(name => request.Headers.NonValidated.TryGetValues(name, out var values) && values.Any(value => value == "b")) || request.RequestUri!.Query.Contains('b', StringComparison.Ordinal)
                || request.RequestUri.Host.StartsWith('b') || body == "b" || request.Method.Method == "b" ? "b" : "a";
            return new()
            {
                RequestMessage = request,
                Content = new StringContent(string.Create(CultureInfo.InvariantCulture, $"{++_asked} for {whose}")),
            };
        }
    }

    /// <summary>Makes of a request what its user alone is to get an answer to.</summary>
    private sealed class Changer(string change, FetchFidelityTests test) : DelegatingHandler
    {
        public IHttpClientFactory? Others { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var sent = request;
            if (change.Contains("copy", StringComparison.Ordinal))
            {
                sent = new(request.Method, request.RequestUri);
                foreach (var header in request.Headers)
                {
                    sent.Headers.TryAddWithoutValidation(header.Key, header.Value);
                }
            }

            switch (change)
            {
                case "header" or "header of a copy" or "header of a hidden copy":
                    sent.Headers.Add("X-Api-Key", test._user);
                    break;
                case "several values":
                    sent.Headers.Add("X-Own", test._user);
                    break;
                case "user agent":
                    sent.Headers.TryAddWithoutValidation("User-Agent", test._user);
                    break;
                case "address" or "address of a copy":
                    sent.RequestUri = new($"http://{test._user}.test/data");
                    break;
                case "query":
                    sent.RequestUri = new($"{Address}?key={test._user}");
                    break;
                case "method":
                    sent.Method = new(test._user);
                    break;
                case "body":
                    sent.Content = new StringContent(test._user);
                    break;
                case "trace":
                    sent.Headers.Add("traceparent", ActivityTraceId.CreateRandom().ToString());
                    sent.Headers.Add("X-Request-Id", Guid.NewGuid().ToString());
                    break;
                case "encoding":
                    sent.Headers.AcceptEncoding.ParseAdd("gzip");
                    break;
                case "asks":
                    using (var asked = new HttpRequestMessage(HttpMethod.Post, "http://token.test/b") { Content = new StringContent("b"), Headers = { { "X-Api-Key", "b" } } })
                    using (await Others!.CreateClient("other").SendAsync(asked, cancellationToken))
                    {
                    }

                    break;
                default:
                    break;
            }

            var answer = await base.SendAsync(sent, cancellationToken);
            if (change == "header of a hidden copy")
            {
                answer.RequestMessage = request;
            }

            return answer;
        }
    }

    /// <summary>A server that cannot be reached, or breaks off.</summary>
    private sealed class Failing(string how) : HttpMessageHandler
    {
        public static readonly HttpRequestOptionsKey<CancellationTokenSource?> Cancellation = new("cancellation");

        private int _asked;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            switch (how)
            {
                case "refused":
                    throw new HttpRequestException(HttpRequestError.ConnectionError, "refused", new IOException(), HttpStatusCode.BadGateway);
                case "own":
                    throw new OwnException();
                case "cancelled within":
                    throw new TaskCanceledException("An attempt took too long.", new TimeoutException());
                case "cut short once" when Interlocked.Increment(ref _asked) > 1:
                    return new() { RequestMessage = request, Content = new StringContent("whole") };
                case "cut short" or "cut short once":
                    return new() { RequestMessage = request, Content = new StreamContent(new CutShort()) };
                case "cancelled":
                    _ = request.Options.TryGetValue(Cancellation, out var cancellation);
                    await cancellation!.CancelAsync();
                    break;
                default:
                    break;
            }

            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            throw new UnreachableException();
        }
    }

    private sealed class CutShort() : MemoryStream("begin"u8.ToArray())
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new HttpIOException(HttpRequestError.ResponseEnded);

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            await destination.WriteAsync("begin"u8.ToArray(), cancellationToken);
            throw new HttpIOException(HttpRequestError.ResponseEnded);
        }
    }

    private sealed class OwnException : Exception;
}
