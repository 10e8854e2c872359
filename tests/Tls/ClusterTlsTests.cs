using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>Three silos and a client that speak by mutual TLS alone.</summary>
public sealed class TlsCluster : TagCacheCluster, IDisposable
{
    private readonly TestAuthority _authority = new();

    public TlsCluster()
    {
        _authority.Issue("silo", "silo.tagcache");
        _authority.Issue("client", "client.tagcache", forServers: false);
    }

    public void Dispose() => _authority.Dispose();

    protected override void ConfigureSilo(ISiloBuilder silo) => silo.UseClusterTls(tls => _authority.Use(tls, "silo"));

    protected override void ConfigureClient(IClientBuilder client) => client.UseClusterTls(tls => _authority.Use(tls, "client"));
}

/// <summary>The cache works over mutual TLS.</summary>
public sealed class ClusterTlsTests(TlsCluster cluster) : IClassFixture<TlsCluster>
{
    [Fact]
    public async Task UpdateTag_OverMutualTls_ExpiresEverywhere()
    {
        var made = 0;
        foreach (var cache in cluster.Everyone)
        {
            Assert.Equal(1, await cache.GetOrCreateAsync("tls", (_, _) => ValueTask.FromResult(Interlocked.Increment(ref made)), new() { Tags = ["tls"] }));
        }

        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("tls");
        }

        foreach (var cache in cluster.Everyone)
        {
            Assert.Equal(2, await cache.GetOrCreateAsync("tls", (_, _) => ValueTask.FromResult(Interlocked.Increment(ref made)), new() { Tags = ["tls"] }));
        }
    }
}
