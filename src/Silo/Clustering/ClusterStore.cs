using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Where the cluster keeps its membership, its reminders, and the refreshes that are pending.</summary>
internal abstract class ClusterStore
{
    /// <summary>In words, without anything secret.</summary>
    public abstract string Place { get; }

    /// <summary>The store that the options name, once it has answered.</summary>
    /// <exception cref="StartUpFault">It cannot be used, and why.</exception>
    public static async Task<ClusterStore> Connect(SiloProgramOptions options) => options.Clustering.Provider switch
    {
        ClusteringProvider.Redis => await RedisStore.Connect(options.Clustering.ConnectionString!),
        ClusteringProvider.PostgreSql => await PostgreSql.PostgreSqlStore.Connect(options.Clustering.ConnectionString!),
        _ => new OwnMemory(),
    };

    /// <summary>Makes a silo a member of the cluster that is kept here.</summary>
    public abstract void AddTo(ISiloBuilder silo, SiloProgramOptions options);
}
