using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTagCache.Tls;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>Who has no right certificate does not reach a grain, and the silo says why.</summary>
public sealed class RefusedClientsTests(TlsSilo silo) : IClassFixture<TlsSilo>
{
    /// <summary>How long files that were looked at are not looked at again.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Client_WithTheRightCertificate_ReachesGrains()
    {
        silo.Authority.Issue("right", "client.tagcache", forServers: false);
        Assert.True(await Reaches(tls => silo.Authority.Use(tls, "right")));
    }

    [Fact]
    public Task Client_WithoutTls_IsRefused() => IsRefused(null, "does not speak TLS");

    [Fact]
    public async Task Client_OfAnotherAuthority_IsRefused()
    {
        using var other = new TestAuthority("Another authority");
        other.Issue("foreign", "client.tagcache", forServers: false);
        await IsRefused(tls => other.Use(tls, "foreign", trusted: silo.Authority), "(CN=foreign, ", "is not signed by an authority that this process trusts");
    }

    [Fact]
    public async Task Client_WhoseCertificateHasEnded_IsRefused()
    {
        silo.Authority.Issue("ended", "client.tagcache", fromDays: -3, toDays: -1, forServers: false);
        await IsRefused(tls => silo.Authority.Use(tls, "ended"), "(CN=ended, ", "is not valid now", "Renew it");
    }

    [Fact]
    public async Task Client_WithAnotherName_IsRefused()
    {
        silo.Authority.Issue("other", "other.tagcache", forServers: false);
        await IsRefused(tls => silo.Authority.Use(tls, "other"), "(CN=other, ", "carries none of the names client.tagcache, silo.tagcache");
    }

    [Fact]
    public Task Peer_WithoutACertificate_IsRefused() => IsRefusedAt(silo.Gateway, null, "It sent no certificate.");

    [Fact]
    public async Task Refusal_IsOneLineOfTheLog()
    {
        await IsRefusedAt(silo.Gateway, null, "It sent no certificate.");
        Assert.DoesNotContain("Authentication failed", silo.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("AuthenticationException", silo.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_AtThePortOfSilos_IsRefused()
    {
        silo.Authority.Issue("nosilo", "client.tagcache");
        await IsRefusedAt(silo.SiloPort, silo.Authority.Load("nosilo"), "(CN=nosilo, ", "carries none of the names silo.tagcache");
    }

    [Fact]
    public async Task Server_CertificateAsAClients_IsRefused()
    {
        silo.Authority.Issue("servers", "client.tagcache", forServers: true, forClients: false);
        await IsRefusedAt(silo.Gateway, silo.Authority.Load("servers"), "(CN=servers, ", "is not for this use");
    }

    [Fact]
    public async Task Certificate_ThatNamesAnAddress_MakesTheSiloCallNobody()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var other = new TestAuthority("Far authority");
        other.Issue("far", "client.tagcache", issuerAt: $"http://{listener.LocalEndpoint}/ca.cer");

        await IsRefusedAt(silo.Gateway, other.Load("far"), "(CN=far, ", "is not signed by an authority that this process trusts");

        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Peer_ThatSaysNothing_IsHungUpOn()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, silo.Gateway);
        Assert.Equal(0, await tcp.GetStream().ReadAsync(new byte[1]));
        await Logged("It did not finish the handshake in time");
    }

    [Fact]
    public async Task Certificate_ThatIsReplaced_IsUsedForTheNextConnections()
    {
        silo.Authority.Issue("right2", "client.tagcache");
        using var own = silo.Authority.Load("right2");
        var first = await Shown(own);
        silo.Authority.Issue("silo", "silo.tagcache");
        silo.Clock.Skip(LookAgainAfter);
        var second = await Shown(own);
        Assert.NotEqual(first, second);
        File.WriteAllText(silo.Authority.CertificateFile("silo"), "this is no certificate");
        silo.Clock.Skip(LookAgainAfter);
        Assert.Equal(second, await Shown(own));
        Assert.Contains("the last ones stay in use", silo.Log.Text, StringComparison.Ordinal);
        silo.Authority.Issue("silo", "silo.tagcache");
        silo.Log.Forgive("the last ones stay in use");
    }

    /// <summary>The certificate that the silo shows now. The connection has ended when this returns: the silo counts handshakes, and hangs up on too many at a time.</summary>
    private async Task<string> Shown(X509Certificate2 own)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, silo.Gateway);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, shown, _, _) => shown?.Subject == "CN=silo");
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "silo.tagcache", ClientCertificates = [own] });
        await tls.ShutdownAsync();
        Assert.Equal(0, await tls.ReadAsync(new byte[1]));
        return tls.RemoteCertificate!.GetCertHashString();
    }

    private async Task IsRefusedAt(int port, X509Certificate2? own, params string[] reasons)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, shown, _, _) => shown?.Subject == "CN=silo");
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "silo.tagcache",
                ClientCertificateContext = own is null ? null : SslStreamCertificateContext.Create(own, null, offline: true),
            });
            Assert.Equal(0, await tls.ReadAsync(new byte[1]));
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // With TLS 1.3 a client hears of it when it reads.
        }

        await Logged(reasons);
    }

    private Task Logged(params string[] reasons) => silo.Log.Says(reasons);

    private async Task IsRefused(Action<ClusterTlsOptions>? tls, params string[] reasons)
    {
        using var told = new CancellationTokenSource();
        var reaching = Reaches(tls, told.Token);
        await Logged(reasons);
        await told.CancelAsync();
        Assert.False(await reaching);
    }

    private async Task<bool> Reaches(Action<ClusterTlsOptions>? tls, CancellationToken giveUp = default)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(silo.Gateway, "tagcache", "tagcache").AddTagCacheClient(cache => cache.RequireClusterAtStart = true);
            if (tls is not null)
            {
                client.UseClusterTls(tls);

                // The silo is to decide, not this process's own check.
                client.Services.Where(service => service.ServiceType == typeof(Microsoft.Extensions.Options.IValidateOptions<ClusterTlsOptions>)).ToList()
                    .ForEach(check => client.Services.Remove(check));
            }
        });
        using var host = builder.Build();
        try
        {
            await host.StartAsync(giveUp);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Orleans.Runtime.OrleansException or Orleans.Runtime.Messaging.ConnectionFailedException)
        {
            return false;
        }

        var cache = host.Services.GetRequiredService<ITagCache>();
        var key = Guid.NewGuid().ToString();
        await cache.SetAsync(key, "value", cancellationToken: giveUp);
        var isThere = (await cache.TryGetAsync<string>(key, giveUp)).HasValue;
        await host.StopAsync(giveUp);
        return isThere;
    }
}

/// <summary>The silo program with mutual TLS.</summary>
public sealed class TlsSilo : SiloServer, IDisposable
{
    public TlsSilo() => Authority.Issue("silo", "silo.tagcache");

    public TestAuthority Authority { get; } = new();

    /// <summary>The clock of the certificates.</summary>
    public SkippingClock Clock { get; } = new();

    public int SiloPort => Get<OrleansTagCache.Silo.SiloProgramOptions>().SiloPort;

    public int Gateway => Get<OrleansTagCache.Silo.SiloProgramOptions>().GatewayPort;

    protected override string[] Settings =>
    [
        $"--TagCache:Tls:Certificate={Authority.CertificateFile("silo")}",
        $"--TagCache:Tls:Key={Authority.KeyFile("silo")}",
        "--TagCache:Tls:HandshakeTimeout=00:00:01",
        $"--TagCache:Tls:Authority={Authority.AuthorityFile}",
    ];

    public void Dispose() => Authority.Dispose();

    protected override void Configure(IServiceCollection services) =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClusterTls>(provider, (TimeProvider)Clock));
}

/// <summary>The system's clock, which a test may let skip a time. Timers run as they would.</summary>
public sealed class SkippingClock : TimeProvider
{
    private long _skipped;

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, (long)(time.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _skipped);
}
