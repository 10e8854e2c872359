using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTagCache.Tests.Cluster;
using OrleansTagCache.Tests.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>Who has no right certificate does not reach a grain, and the silo says why.</summary>
public sealed class RefusedClientsTests(TlsSilo silo) : IClassFixture<TlsSilo>
{
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

    private async Task IsRefused(Action<ClusterTlsOptions>? tls, params string[] reasons)
    {
        using var told = new CancellationTokenSource();
        var reaching = Reaches(tls, told.Token);
        await TagCacheCluster.Until(() => reasons.All(reason => silo.Log.Text.Contains(reason, StringComparison.Ordinal)));
        await told.CancelAsync();
        Assert.False(await reaching);
    }

    private async Task<bool> Reaches(Action<ClusterTlsOptions>? tls, CancellationToken giveUp = default)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(silo.Gateway, "tagcache", "tagcache").AddTagCacheClient();
            if (tls is not null)
            {
                client.UseClusterTls(tls);

                // The silo is to decide, not this process's own check.
                client.Services.Where(service => service.ImplementationType == typeof(OrleansTagCache.Tls.ClusterTlsOptionsValidator)).ToList()
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

    public int Gateway => Get<OrleansTagCache.Silo.Clustering.ClusteringOptions>().GatewayPort;

    protected override string[] Settings =>
    [
        $"--TagCache:Tls:Certificate={Authority.CertificateFile("silo")}",
        $"--TagCache:Tls:Key={Authority.KeyFile("silo")}",
        $"--TagCache:Tls:Authority={Authority.AuthorityFile}",
    ];

    public void Dispose() => Authority.Dispose();
}
