using Orleans.Configuration;
using OrleansTagCache.Faults.Network;

namespace OrleansTagCache.Faults.Roles;

/// <summary>A client of the cluster, as the README makes one.</summary>
internal static class CacheClient
{
    public static IHost Build(RoleContext role)
    {
        var builder = Host.CreateApplicationBuilder();
        AddTo(builder, role);
        return builder.Build();
    }

    public static void AddTo(IHostApplicationBuilder builder, RoleContext role)
    {
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
            client.UseRedisClustering($"127.0.0.1:{role.Options.Redis}");
            client.AddTagCacheClient();

            var cuts = new CutConnections(role.State, role.Options.Slot, role.Time);
            client.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(cuts.Use));
        });
    }
}
