using Orleans.Configuration;
using OrleansTagCache.Faults.Conductor;
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
            if (role.Options.Store == StoreKind.PostgreSql)
            {
                client.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = ("Npgsql", role.Options.ConnectionString));
            }
            else
            {
                client.UseRedisClustering(role.Options.ConnectionString);
            }

            client.AddTagCacheClient();

            var cuts = new CutConnections(role.State, role.Options.Slot, role.Time);
            client.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(cuts.Use));
        });
    }
}
