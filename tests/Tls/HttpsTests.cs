using System.Net;
using System.Net.Security;
using OrleansTagCache.Tests.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>HTTPS, as ASP.NET Core's own configuration has it.</summary>
public sealed class HttpsTests(HttpsSilo silo) : IClassFixture<HttpsSilo>
{
    [Fact]
    public async Task Call_OverHttps_IsAnswered()
    {
        using var http = Trusting();

        Assert.Equal(Uri.UriSchemeHttps, http.BaseAddress!.Scheme);
        (await http.Put("https", "value")).IsDone();
        Assert.Equal("value", (await http.Read("https")).Text);
    }

    [Fact]
    public async Task Call_ThatOffersHttp2_IsAnsweredByVersion11_WhoseBoundsAreKnown()
    {
        using var http = Trusting();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live") { Version = HttpVersion.Version20 };

        using var reply = await http.SendAsync(request);

        Assert.Equal((HttpVersion.Version11, HttpStatusCode.OK), (reply.Version, reply.StatusCode));
    }

    [Fact]
    public async Task Call_WhoseCallerDoesNotTrustTheCertificate_IsNotMade() =>
        await Assert.ThrowsAsync<HttpRequestException>(() => silo.Http.Info("https"));

    private HttpClient Trusting() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=web" },
    })
    {
        BaseAddress = silo.Http.BaseAddress,
    };
}

/// <summary>A silo that is called by HTTPS alone.</summary>
public sealed class HttpsSilo : SiloServer, IDisposable
{
    private readonly TestAuthority _authority = new();

    public HttpsSilo() => _authority.Issue("web", "localhost");

    protected override string[] Settings =>
    [
        "--Kestrel:Endpoints:Https:Url=https://127.0.0.1:0",
        $"--Kestrel:Endpoints:Https:Certificate:Path={_authority.CertificateFile("web")}",
        $"--Kestrel:Endpoints:Https:Certificate:KeyPath={_authority.KeyFile("web")}",
    ];

    public void Dispose() => _authority.Dispose();
}
