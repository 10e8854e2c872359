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

    /// <summary>Says which cluster it is, and where its silos are found.</summary>
    public static void UseCluster(IClientBuilder client, StoreKind store, string connectionString)
    {
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
        if (store == StoreKind.PostgreSql)
        {
            client.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) = ("Npgsql", connectionString));
        }
        else
        {
            client.UseRedisClustering(connectionString);
        }
    }

    public static void AddTo(IHostApplicationBuilder builder, RoleContext role)
    {
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleansClient(client =>
        {
            UseCluster(client, role.Options.Store, role.Options.ConnectionString);
            client.AddTagCacheClient();

            var cuts = new CutConnections(role.State, role.Options.Slot, role.Time);
            client.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(cuts.Use));
        });
    }
}
