using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.Testing;

/// <summary>Three silos and a client, whose endpoints may be server actions: the processes that applications of these tests run in.</summary>
public sealed class AdapterCluster : TagCacheCluster
{
    /// <summary>Of the client, and of each silo: an application on any of them is a node of its own.</summary>
    internal IServiceProvider[] Nodes => [Orleans.Client.ServiceProvider, .. Orleans.Silos.Select(silo => silo.ServiceProvider)];

    protected override void ConfigureClient(IClientBuilder client) => client.Services.AddTagCacheServerActions();

    /// <summary>Nobody goes on here because time has passed.</summary>
    protected override void ConfigureClient(TagCacheClientOptions options) => (options.MaximumPayloadBytes, options.WaitTimeout) = (64 * 1024, TimeSpan.FromMinutes(10));

    protected override void Configure(TagCacheOptions options) => options.MaximumPayloadBytes = 64 * 1024;
}
