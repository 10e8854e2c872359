using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using OrleansTagCache.Hosting;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A cluster that is named by one connection string.</summary>
public sealed class ConnectionTests
{
    [Theory]
    [InlineData("Gateways=cache:30000", "cache:30000", "tagcache", "tagcache")]
    [InlineData("gateways = a:1, b:2 ; clusterid = blue ; ServiceId=shop;", "a:1 b:2", "blue", "shop")]
    [InlineData("Gateways=[::1]:30000;ClusterId=", "[::1]:30000", "tagcache", "tagcache")]
    public void Parse_GivesItsParts(string text, string gateways, string clusterId, string serviceId)
    {
        var connection = SilosConnection.Parse(text);

        Assert.Equal((gateways, clusterId, serviceId), (string.Join(' ', connection.Gateways), connection.ClusterId, connection.ServiceId));
    }

    [Theory]
    [InlineData("ClusterId=tagcache", "The connection string 'cache' cannot be read. It names no gateway. An example: Gateways=cache:30000;ClusterId=tagcache;ServiceId=tagcache")]
    [InlineData("Gateways=,", "The connection string 'cache' cannot be read. It names no gateway. An example: Gateways=cache:30000;ClusterId=tagcache;ServiceId=tagcache")]
    [InlineData("Gateways=cache:30000;Password=1", "The connection string 'cache' cannot be read. It holds 'password'. Known are: Gateways, ClusterId, ServiceId.")]
    [InlineData("Gateways=cache:30000,cache", "The connection string 'cache' cannot be read. 'cache' is not a gateway. Write name:port, for example cache:30000.")]
    [InlineData("cache:30000", "The connection string 'cache' cannot be read. ")]
    [InlineData("", "There is no connection string 'cache' (ConnectionStrings:cache). It says where the silos are, for example Gateways=cache:30000;ClusterId=tagcache;ServiceId=tagcache")]
    [InlineData(null, "There is no connection string 'cache' (ConnectionStrings:cache).")]
    public void Add_ByAConnectionThatCannotBeUsed_SaysWhy(string? text, string fault) =>
        Assert.StartsWith(fault, Assert.Throws<InvalidOperationException>(() => Builder(text).AddOrleansTagCacheClient("cache")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Add_MakesTheApplicationAClientOfThoseSilos()
    {
        var builder = Builder("Gateways=127.0.0.1:30000;ClusterId=blue;ServiceId=shop");
        builder.AddOrleansTagCacheClient("cache", cache => cache.ReadTimeout = TimeSpan.FromSeconds(7), client => client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(9)));
        using var host = builder.Build();

        var cluster = host.Services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        Assert.Equal(("blue", "shop"), (cluster.ClusterId, cluster.ServiceId));
        Assert.Equal("gwy.tcp://127.0.0.1:30000/0", Assert.Single(await host.Services.GetRequiredService<IGatewayListProvider>().GetGateways()).ToString());
        Assert.Equal(TimeSpan.FromSeconds(7), host.Services.GetRequiredService<TagCacheClientOptions>().ReadTimeout);
        Assert.Equal(TimeSpan.FromSeconds(9), host.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.GatewayListRefreshPeriod);
        Assert.NotNull(host.Services.GetRequiredService<ITagCache>());
    }

    private static HostApplicationBuilder Builder(string? connection)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:cache", connection)]);
        return builder;
    }
}
