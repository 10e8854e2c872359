using System.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The cache's activities where Orleans traces its calls too.</summary>
public sealed class OrleansTracingTests(OrleansTracingTests.TracedCluster cluster) : IClassFixture<OrleansTracingTests.TracedCluster>
{
    [Fact]
    public async Task UpdateTag_WhereOrleansTracesItsCalls_IsOneTraceWithBoth()
    {
        using var trace = new Trace(includesOrleans: true);
        await cluster.Client.RevalidateTagAsync("orleans-trace");
        await trace.Ended(1).Soon();

        var received = Assert.Single(trace.Of("tagcache.update", ActivityKind.Server));
        Assert.Equal((true, trace.Id), (IsOfOrleans(received.ParentSpanId), received.TraceId));
        Assert.Equal(2, trace.Of("tagcache.deliver", ActivityKind.Server).Count(delivered => IsOfOrleans(delivered.ParentSpanId)));

        bool IsOfOrleans(ActivitySpanId span) => trace.Find(span)!.Source.Name.StartsWith("Microsoft.Orleans", StringComparison.Ordinal);
    }

    public sealed class TracedCluster : TagCacheCluster
    {
        protected override void ConfigureSilo(ISiloBuilder silo) => silo.AddActivityPropagation();

        protected override void ConfigureClient(IClientBuilder client) => client.AddActivityPropagation();
    }
}
