using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary><c>health</c>, by which a container asks its silo.</summary>
[Collection(SiloCollection.Name)]
public sealed class HealthCommandTests(SiloServer silo)
{
    [Fact]
    public async Task Run_AsksTheSilo()
    {
        Assert.Equal((true, $"{silo.Http.BaseAddress}health/ready answers 200."), await Run($"{silo.Http.BaseAddress}health/ready"));
        Assert.Equal((false, $"{silo.Http.BaseAddress}health/nothing answers 404."), await Run($"{silo.Http.BaseAddress}health/nothing"));
    }

    [Fact]
    public async Task Run_WithoutASilo_SaysThatItDoesNotAnswer()
    {
        var (isReady, text) = await Run($"http://{IPAddress.Loopback}:{FreePorts.Take(1)[0]}/health/ready");

        Assert.False(isReady);
        Assert.Contains("does not answer", text, StringComparison.Ordinal);
    }

    /// <summary>A silo may listen on another port than the default, as its settings say.</summary>
    [Theory]
    [InlineData("--HTTP_PORTS={0}")]
    [InlineData("--urls=http://*:{0}")]
    [InlineData("--urls=http://localhost:{0}/;https://127.0.0.1:1")]
    [InlineData("--urls=http://127.0.0.1:1", "--Kestrel:Endpoints:Http:Url=http://0.0.0.0:{0}", "--Kestrel:Endpoints:Https:Url=https://0.0.0.0:1")]
    public async Task Run_WithoutAUrl_AsksWhereTheSettingsSay(params string[] settings)
    {
        var port = silo.Http.BaseAddress!.Port;

        Assert.Equal((true, $"http://127.0.0.1:{port}/health/ready answers 200."), await Run([.. settings.Select(setting => string.Format(CultureInfo.InvariantCulture, setting, port))]));
    }

    /// <summary>Its certificate does not name the loopback address, and its authority is private.</summary>
    [Fact]
    public async Task Run_WithHttps_TakesAnyCertificateOfThisMachine()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = new CertificateRequest("CN=silo.example.com", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        await using var app = builder.Build();
        app.MapGet("/health/ready", () => "ready");
        await app.StartAsync();
        var url = Assert.Single(app.Urls);

        Assert.Equal((true, $"{url}/health/ready answers 200."), await Run($"{url}/health/ready"));
        Assert.Equal((true, $"{url}/health/ready answers 200."), await Run($"--urls={url}"));

        // An endpoint of Kestrel makes other addresses void.
        Assert.Equal((true, $"{url}/health/ready answers 200."), await Run("--urls=http://127.0.0.1:1", $"--Kestrel:Endpoints:Https:Url={url}"));
    }

    [Fact]
    public async Task Run_SaysTheInnermostReason()
    {
        var (isReady, text) = await Run($"--urls=https://127.0.0.1:{silo.Http.BaseAddress!.Port}");

        Assert.False(isReady);
        Assert.Contains("does not answer: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("inner exception", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urls=http://127.0.0.1:0")]
    [InlineData("--urls=nothing")]
    public async Task Run_WithSettingsThatNameNoPort_SaysSo(string setting) => await Assert.ThrowsAsync<StartUpFault>(() => Run(setting));

    [Theory]
    [InlineData("nothing")]
    [InlineData("ftp://127.0.0.1/")]
    public async Task Run_WithSomethingElse_SaysHowItIsUsed(string text) =>
        Assert.StartsWith("Usage:", Assert.Single((await Assert.ThrowsAsync<StartUpFault>(() => Run(text))).Faults), StringComparison.Ordinal);

    private static async Task<(bool IsReady, string Text)> Run(params string[] args)
    {
        using var output = new StringWriter();
        return (await HealthCommand.Run(["health", .. args], output), output.ToString().TrimEnd());
    }
}
