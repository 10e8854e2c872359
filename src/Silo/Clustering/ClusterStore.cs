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
        ClusteringProvider.Redis => await RedisStore.Connect(options.Clustering),
        ClusteringProvider.PostgreSql => await PostgreSql.PostgreSqlStore.Connect(options.Clustering),
        _ => new OwnMemory(),
    };

    /// <summary>Makes a silo a member of the cluster that is kept here.</summary>
    public abstract void AddTo(ISiloBuilder silo, SiloProgramOptions options);

    /// <summary>Asks it something that a silo needs before it starts.</summary>
    /// <exception cref="StartUpFault">It cannot be used, and why.</exception>
    public async Task Ask(Func<Task> question)
    {
        try
        {
            await question();
        }
        catch (Exception exception) when (FaultOf(exception) is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>Tells from now on what an operator should know of it.</summary>
    public virtual Task Watch(ILogger logger) => Task.CompletedTask;

    /// <summary>What an exception says of the store, in words for an operator and without anything secret; null if it says nothing.</summary>
    protected abstract StartUpFault? FaultOf(Exception exception);
}
