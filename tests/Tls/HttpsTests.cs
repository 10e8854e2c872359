using System.Net;
using System.Net.Security;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>HTTPS, as ASP.NET Core's own configuration has it.</summary>
public sealed class HttpsTests(HttpsSilo silo) : IClassFixture<HttpsSilo>
{
    [Fact]
    public async Task Call_OverHttps_IsAnswered()
    {
        using var http = Trusting(silo.Http.BaseAddress!);

        Assert.Equal(Uri.UriSchemeHttps, http.BaseAddress!.Scheme);
        (await http.Put("https", "value")).IsDone();
        Assert.Equal("value", (await http.Read("https")).Text);
    }

    [Fact]
    public async Task Call_ThatOffersHttp2_IsAnsweredByVersion11_WhoseBoundsAreKnown() => Assert.Equal(HttpVersion.Version11, await VersionAt(silo.Http.BaseAddress!));

    [Fact]
    public async Task Call_ThatOffersHttp2_IsAnsweredByIt_WhereASettingAsksForIt()
    {
        using var other = new Http2Silo();
        await other.InitializeAsync();
        Assert.Equal(HttpVersion.Version20, await VersionAt(other.Http.BaseAddress!));
        await other.DisposeAsync();
    }

    [Fact]
    public async Task Call_WhoseCallerDoesNotTrustTheCertificate_IsNotMade() =>
        await Assert.ThrowsAsync<HttpRequestException>(() => silo.Http.Info("https"));

    private static async Task<Version> VersionAt(Uri silo)
    {
        using var http = Trusting(silo);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live") { Version = HttpVersion.Version20 };
        using var reply = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        return reply.Version;
    }

    private static HttpClient Trusting(Uri silo) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=web" },
    })
    {
        BaseAddress = silo,
    };
}

/// <summary>A silo that is called by HTTPS alone.</summary>
public class HttpsSilo : SiloServer, IDisposable
{
    private readonly TestAuthority _authority = new();

    public HttpsSilo() => _authority.Issue("web", "localhost");

    protected override string[] Settings =>
    [
        "--Kestrel:Endpoints:Https:Url=https://127.0.0.1:0",
        $"--Kestrel:Endpoints:Https:Certificate:Path={_authority.CertificateFile("web")}",
        $"--Kestrel:Endpoints:Https:Certificate:KeyPath={_authority.KeyFile("web")}",
    ];

    public void Dispose()
    {
        _authority.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>One that speaks HTTP/2 as well.</summary>
public sealed class Http2Silo : HttpsSilo
{
    protected override string[] Settings => [.. base.Settings, "--Kestrel:EndpointDefaults:Protocols=Http1AndHttp2"];
}
