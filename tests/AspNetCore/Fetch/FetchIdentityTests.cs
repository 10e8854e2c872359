using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>Whose a fetched response is: never another's. Over a server that is a handler.</summary>
public sealed class FetchIdentityTests
{
    private static readonly Uri Address = new("http://origin.test/data");
    private static readonly Uri Target = new("http://target.test/data");

    /// <summary>Their handlers may differ, and with them what comes back.</summary>
    [Fact]
    public async Task ClientsOfDifferentNames_ShareNothing()
    {
        using var silo = await EntrySilo.Serve();
        var server = new Server();
        await using var services = ProcessOver.Start(silo, services =>
        {
            services.AddHttpClient("a").ConfigurePrimaryHttpMessageHandler(() => server).AddTagCache();
            services.AddHttpClient("b").ConfigurePrimaryHttpMessageHandler(() => server).AddTagCache();
        });

        Assert.Equal("1", await Get(services, "a"));
        Assert.Equal("2", await Get(services, "b"));
        Assert.Equal("1", await Get(services, "a"));
        Assert.Equal("2", await Get(services, "b"));
    }

    /// <summary>Cookies of the address that a request was redirected to were sent there, and nobody sees them on the request.</summary>
    [Theory]
    [InlineData(false, "1")]
    [InlineData(true, "2")]
    public async Task CookiesOfARedirectsTarget_KeepItsResponseOut(bool hasCookie, string second)
    {
        using var silo = await EntrySilo.Serve();
        var cookies = new CookieContainer();
        if (hasCookie)
        {
            cookies.Add(Target, new Cookie("session", "mine"));
        }

        var server = new Server { From = Target };
        await using var services = ProcessOver.Start(silo, services => services.AddHttpClient("a")
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { CookieContainer = cookies })
            .AddTagCache()
            .AddHttpMessageHandler(() => server));

        Assert.Equal("1", await Get(services, "a"));
        Assert.Equal(second, await Get(services, "a"));
    }

    private static async Task<string> Get(ServiceProvider services, string client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address).Cache(CacheLife.Hours);
        using var answer = await services.GetRequiredService<IHttpClientFactory>().CreateClient(client).SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Answers with how often it was asked; before other handlers as if they had been redirected.</summary>
    private sealed class Server : DelegatingHandler
    {
        private int _asked;

        public Uri? From { get; init; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = From ?? request.RequestUri;
            return Task.FromResult(new HttpResponseMessage
            {
                RequestMessage = request,
                Content = new StringContent((++_asked).ToString(CultureInfo.InvariantCulture)),
            });
        }
    }
}
