using Orleans.Configuration;

namespace OrleansTagCache.Samples.Storefront.Hosting;

/// <summary>Makes this node a client of the silos.</summary>
internal static class Cluster
{
    /// <summary>By the silos' membership in Redis if <c>Redis</c> names one, else by their gateway ports in <c>Gateways</c>, 30000 unless said.</summary>
    public static void AddCluster(this WebApplicationBuilder builder) => builder.UseOrleansClient(client =>
    {
        if (builder.Configuration["Redis"] is { } redis)
        {
            client.UseRedisClustering(redis);
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
        }
        else
        {
            int[] gateways = [.. (builder.Configuration["Gateways"] ?? "30000").Split(',').Select(int.Parse)];
            client.UseLocalhostClustering(gateways, "tagcache", "tagcache");
        }

        client.AddTagCacheClient();
    });
}
