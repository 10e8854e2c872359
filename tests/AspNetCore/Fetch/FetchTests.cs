using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>Responses of another server, kept for all nodes: what may be, and nothing else.</summary>
[Collection(AdapterCollection.Name)]
public sealed class FetchTests(AdapterCluster cluster) : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, int> _served = [];
    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _mayEnd = new();
    private AppNode? _origin;
    private HttpClient[] _clients = [];

    public async Task InitializeAsync()
    {
        _origin = await AppNode.Start(cluster.Nodes[0], _ => { }, app => app.Run(Serve));
        _clients = [.. cluster.Nodes.Take(2).Select(process => AppNode.Over(new ServiceCollection().AddLogging(), process)
            .AddHttpClient("origin", client => client.BaseAddress = _origin.Http.BaseAddress)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false })
            .AddTagCache().Services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>().CreateClient("origin"))];
    }

    public async Task DisposeAsync() => await _origin!.DisposeAsync();

    [Fact]
    public async Task Response_IsFetchedOnceForAllNodes_AsItWas_UntilItsTagIsUpdated()
    {
        Assert.Equal("1", await Get(0, "/plain?a=1", tag: "fetched"));
        using (var answer = await Send(1, "/plain?a=1", tag: "fetched"))
        {
            Assert.Equal("1", await answer.Content.ReadAsStringAsync());
            Assert.Equal(("text/plain", "kept"), (answer.Content.Headers.ContentType!.MediaType, answer.Headers.GetValues("X-Kept").Single()));
            Assert.NotNull(answer.Headers.Age);
            Assert.NotNull(answer.RequestMessage);
        }

        Assert.Equal("1", await Get(0, "/plain?a=2", tag: "fetched"));
        await cluster.Client.RevalidateTagAsync("fetched");
        Assert.Equal("2", await Get(1, "/plain?a=1", tag: "fetched"));
        Assert.Equal("2", await Get(0, "/plain?a=1", tag: "fetched"));
    }

    /// <summary>What is made of such a response is about what its request named.</summary>
    [Theory]
    [InlineData("/missing")]
    [InlineData("/cookie")]
    [InlineData("/large")]
    public async Task Response_ThatIsNotForKeeping_GivesItsTagsToTheEntryThatIsMadeFromIt(string path)
    {
        var (key, tag) = ($"fetched-nested:{path}", $"fetched-nested-{path}");
        for (var round = 0; round < 2; round++)
        {
            await cluster.Client.GetOrCreateAsync(key, async (_, _) =>
            {
                using var answer = await Send(0, path, tag);
                return answer.StatusCode.ToString();
            });

            Assert.Equal([tag], (await cluster.Client.TryGetAsync<string>(key)).Tags!);
            await cluster.Client.RevalidateTagAsync(tag);
            Assert.False((await cluster.Client.TryGetAsync<string>(key)).HasValue);
        }
    }

    [Theory]
    [InlineData("/cookie")]
    [InlineData("/private")]
    [InlineData("/nostore")]
    [InlineData("/varyall")]
    [InlineData("/malformed")]
    [InlineData("/missing")]
    [InlineData("/large")]
    public async Task Response_ThatIsNotForKeeping_GoesToItsOwnCallerEachTime(string path)
    {
        using (var first = await Send(0, path))
        {
            Assert.Equal("1", (await first.Content.ReadAsStringAsync()).TrimEnd());
            Assert.Equal(path == "/missing" ? HttpStatusCode.NotFound : HttpStatusCode.OK, first.StatusCode);
        }

        Assert.Equal("2", (await Get(0, path)).TrimEnd());
        Assert.Equal("3", (await Get(1, path)).TrimEnd());
    }

    [Fact]
    public async Task Request_WithWhatDiffersInIt_HasAResponseOfItsOwn()
    {
        Assert.Equal("1 de", await Get(0, "/language", configure: request => request.Headers.AcceptLanguage.ParseAdd("de")));
        Assert.Equal("2 fr", await Get(0, "/language", configure: request => request.Headers.AcceptLanguage.ParseAdd("fr")));
        Assert.Equal("1 de", await Get(1, "/language", configure: request => request.Headers.AcceptLanguage.ParseAdd("de")));
        Assert.Equal("1 de", await Get(1, "/language", configure: request =>
        {
            request.Headers.AcceptLanguage.ParseAdd("de");
            request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        }));
    }

    [Fact]
    public async Task Credentials_AreKeptApart_AndNeverKeptUnasked()
    {
        Assert.Equal("1 Bearer a", await Get(0, "/mine", configure: As("a")));
        Assert.Equal("2 Bearer a", await Get(0, "/mine", configure: As("a")));
        Assert.Equal("3 Bearer a", await Get(0, "/mine", isPerUser: true, configure: As("a")));
        Assert.Equal("4 Bearer b", await Get(0, "/mine", isPerUser: true, configure: As("b")));
        Assert.Equal("3 Bearer a", await Get(1, "/mine", isPerUser: true, configure: As("a")));
        Assert.Equal("5 ", await Get(0, "/mine"));

        static Action<HttpRequestMessage> As(string user) => request => request.Headers.Authorization = new("Bearer", user);
    }

    [Fact]
    public async Task CookiesOfTheHandler_KeepARequestOutOfTheCache()
    {
        using (await Send(0, "/cookie"))
        {
        }

        Assert.Equal("1", await Get(0, "/plain?cookies"));
        Assert.Equal("2", await Get(0, "/plain?cookies"));
    }

    /// <summary>A handler further in puts the caller's own token on the request: what comes back is the caller's own.</summary>
    [Fact]
    public async Task CredentialsOfAnInnerHandler_KeepAResponseOutOfTheCache()
    {
        var user = "a";
        var client = AppNode.Over(new ServiceCollection().AddLogging(), cluster.Nodes[0])
            .AddHttpClient("inner", client => client.BaseAddress = _origin!.Http.BaseAddress)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false })
            .AddTagCache()
            .AddHttpMessageHandler(() => new AddsToken(() => user))
            .Services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>().CreateClient("inner");
        Assert.Equal("1 Bearer a", await Mine());
        user = "b";
        Assert.Equal("2 Bearer b", await Mine());

        async Task<string> Mine()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/mine").Cache(CacheLife.Hours);
            using var answer = await client.SendAsync(request);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task CookieOfARedirect_KeepsAResponseOutOfTheCache()
    {
        Assert.Equal("1 session=mine", await Get(0, "/redirect"));
        Assert.Equal("1", (await Get(1, "/unrelated"))[..1]);
        Assert.Equal("2 session=mine", await Get(0, "/redirect"));
    }

    [Fact]
    public async Task LargeResponse_IsReadAsItComes()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/large").Cache(CacheLife.Hours);
        using var answer = await _clients[0].SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        Assert.Equal(100_001, all.Length);
    }

    [Fact]
    public async Task Request_ThatSaysNothing_OrIsNoGet_IsSent()
    {
        Assert.Equal("1", await _clients[0].GetStringAsync(new Uri("/plain?unsaid", UriKind.Relative)));
        Assert.Equal("2", await _clients[0].GetStringAsync(new Uri("/plain?unsaid", UriKind.Relative)));
        Assert.Equal("3", await Get(0, "/plain?unsaid", configure: request => request.Method = HttpMethod.Post));
        Assert.Equal("4", await Get(0, "/plain?unsaid", configure: request => request.Headers.IfNoneMatch.ParseAdd("\"x\"")));
        Assert.Equal("5", await Get(0, "/plain?unsaid", configure: request => request.Headers.Range = new(0, 1)));
        Assert.Equal("6", await Get(0, "/plain?unsaid", configure: request => request.Headers.CacheControl = new() { NoStore = true }));
    }

    [Fact]
    public async Task UpdateOfATag_WhileAResponseIsOnItsWay_LeavesItToItsOwnCaller()
    {
        var fetching = Get(0, "/slow", tag: "slow");
        await _begun.Task.Soon();
        await cluster.Client.RevalidateTagAsync("slow");
        var next = Get(1, "/slow", tag: "slow");
        _mayEnd.SetResult();
        Assert.Equal("1", await fetching);
        Assert.Equal("2", await next);
        Assert.Equal("2", await Get(0, "/slow", tag: "slow"));
    }

    [Fact]
    public async Task Stampede_OverNodes_SendsOneRequest()
    {
        var bodies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Get(i % 2, "/plain?stampede")));
        Assert.All(bodies, body => Assert.Equal("1", body));
    }

    private async Task<string> Get(int node, string path, string? tag = null, bool isPerUser = false, Action<HttpRequestMessage>? configure = null)
    {
        using var answer = await Send(node, path, tag, isPerUser, configure);
        return await answer.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> Send(int node, string path, string? tag = null, bool isPerUser = false, Action<HttpRequestMessage>? configure = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        string[] tags = tag is null ? [] : [tag];
        _ = isPerUser ? request.CachePerUser(CacheLife.Hours, tags) : request.Cache(CacheLife.Hours, tags);
        configure?.Invoke(request);
        return _clients[node].SendAsync(request);
    }

    private async Task Serve(HttpContext http)
    {
        var count = _served.AddOrUpdate($"{http.Request.Path}{http.Request.QueryString}", 1, (_, before) => before + 1);
        var headers = http.Response.Headers;
        headers["X-Kept"] = "kept";
        http.Response.ContentType = "text/plain";
        switch (http.Request.Path)
        {
            case "/cookie":
                headers.SetCookie = "session=mine";
                break;
            case "/slow":
                _begun.TrySetResult();
                await _mayEnd.Task.Soon();
                break;
            case "/redirect":
                headers.SetCookie = "session=mine";
                http.Response.Redirect("/landed");
                return;
            case "/malformed":
                headers.CacheControl = "no-store; max-age=0";
                break;
            case "/private":
                headers.CacheControl = "private";
                break;
            case "/nostore":
                headers.CacheControl = "no-store";
                break;
            case "/varyall":
                headers.Vary = "*";
                break;
            case "/missing":
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
            default:
                break;
        }

        await http.Response.WriteAsync(http.Request.Path.Value switch
        {
            "/language" => $"{count} {http.Request.Headers.AcceptLanguage}",
            "/landed" => $"{count} {http.Request.Headers.Cookie}",
            "/mine" => $"{count} {http.Request.Headers.Authorization}",
            "/large" => $"{count}{new string(' ', 100_000)}",
            _ => $"{count}",
        });
    }

    private sealed class AddsToken(Func<string> user) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new("Bearer", user());
            return base.SendAsync(request, cancellationToken);
        }
    }
}
