using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A client that has no version in common with the silos does not ask them for anything, and says so on both sides.</summary>
public sealed class VersionTests
{
    private static readonly ProtocolVersions Foreign = new(7, 9, "9.0.0");

    [Fact]
    public async Task Start_WithoutACommonVersion_GoesOnWithoutTheCache()
    {
        var ports = FreePorts.Take(2);
        var (silo, siloLog) = await ClientApp.StartSilo(ports[0], ports[1]);
        await using var app = ClientApp.At(ports[1], services => services.AddSingleton(Foreign).AddTagCacheDistributedCache());

        await app.Start();

        await app.Log.Says($"This process speaks protocol {Foreign}, and silo");
        await siloLog.Says($"speaks protocol {Foreign} and this silo {ProtocolVersions.OfThisBuild}: they have no version in common, and the client was refused");
        await StartTests.DoesWithoutTheCluster(app.Services);
        var refused = await Assert.ThrowsAsync<TagCacheUnavailableException>(() => app.Cache.SetAsync("key", 1).AsTask());
        Assert.IsType<TagCacheVersionException>(refused.InnerException);
        Assert.StartsWith($"The set was not started. This process speaks protocol {Foreign}, and silo ", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"of the cluster {ProtocolVersions.OfThisBuild}: they have no version in common. Upgrade the silos by way of a version that both understand.", refused.Message, StringComparison.Ordinal);
        await app.Stop();
        await silo.DisposeAsync();
    }

    [Fact]
    public async Task Start_ThatRequiresTheCluster_FailsWithoutACommonVersion()
    {
        var ports = FreePorts.Take(2);
        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1]);
        await using var app = ClientApp.Build(
            client => client.UseLocalhostClustering(ports[1], "tagcache", "tagcache").AddTagCacheClient(cache => cache.RequireClusterAtStart = true), services => services.AddSingleton(Foreign));

        var refused = await Assert.ThrowsAsync<TagCacheVersionException>(() => app.Start());

        Assert.StartsWith($"This process speaks protocol {Foreign}, and silo ", refused.Message, StringComparison.Ordinal);
        await silo.DisposeAsync();
    }
}
