using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Cli.Running;
using OrleansTagCache.Tests.Tls;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary>HTTPS with an authority of its own, which wants a certificate of its clients too.</summary>
public sealed class TlsTests(MutualSilo silo) : IClassFixture<MutualSilo>
{
    private readonly CliRun _cli = new(silo.Http.BaseAddress!);

    [Fact]
    public async Task Call_WithBoth_IsAnswered()
    {
        var cluster = await _cli.Run(["cluster", "--ca", silo.Authority.AuthorityFile, .. Own]);

        Assert.Equal((0, ""), (cluster.Code, cluster.Error));
    }

    [Fact]
    public async Task Call_ThatDoesNotTrustTheSilo_SaysHowTo()
    {
        var cluster = await _cli.Run(["cluster", .. Own]);

        Assert.Equal(ExitCode.Unreachable, cluster.Code);
        Assert.Contains("its certificate (CN=web) is not trusted: ", cluster.Error, StringComparison.Ordinal);
        Assert.Contains("--ca names the file of its authority", cluster.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WithAnotherAuthority_IsNotMade()
    {
        using var other = new TestAuthority("Another");

        var cluster = await _cli.Run(["cluster", "--ca", other.AuthorityFile, .. Own]);

        Assert.Equal(ExitCode.Unreachable, cluster.Code);
        Assert.Contains("its certificate (CN=web) is not one of the authority in --ca", cluster.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WithoutACertificate_SaysThatOneIsWanted()
    {
        var cluster = await _cli.Run("cluster", "--ca", silo.Authority.AuthorityFile);

        Assert.Equal(ExitCode.Unreachable, cluster.Code);
        Assert.EndsWith("It may want a certificate of this client (--cert).\n     'otc doctor' looks for the cause.\n", cluster.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WhoseCertificateHasAnotherName_IsCalledOnlyIfThatIsSaid()
    {
        var other = await _cli.Run(["cluster", "--ca", silo.Authority.AuthorityFile, "--server-name", "silo.elsewhere", .. Own]);
        Assert.Equal(ExitCode.Unreachable, other.Code);
        Assert.Contains("its certificate (CN=web) is not for 'silo.elsewhere'", other.Error, StringComparison.Ordinal);

        Assert.Equal(0, (await _cli.Run(["cluster", "--ca", silo.Authority.AuthorityFile, "--server-name", "silo.tagcache", .. Own])).Code);
    }

    private string[] Own => ["--cert", silo.Authority.CertificateFile("otc"), "--cert-key", silo.Authority.KeyFile("otc")];
}

/// <summary>A silo whose HTTPS takes clients of its authority alone.</summary>
public sealed class MutualSilo : SiloServer, IDisposable
{
    public MutualSilo()
    {
        Authority.Issue("web", "silo.tagcache");
        Authority.Issue("otc", "client.tagcache", forServers: false);
    }

    public TestAuthority Authority { get; } = new();

    protected override string[] Settings =>
    [
        "--Kestrel:Endpoints:Https:Url=https://127.0.0.1:0",
        $"--Kestrel:Endpoints:Https:Certificate:Path={Authority.CertificateFile("web")}",
        $"--Kestrel:Endpoints:Https:Certificate:KeyPath={Authority.KeyFile("web")}",
    ];

    public void Dispose() => Authority.Dispose();

    protected override void Configure(IServiceCollection services) => services.Configure<KestrelServerOptions>(server => server.ConfigureHttpsDefaults(https =>
    {
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (certificate, _, _) => certificate.GetNameInfo(X509NameType.SimpleName, false) == "otc";
    }));
}
