using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>Something bad that happens to a cluster.</summary>
internal interface INemesis
{
    string Name { get; }

    /// <summary>One round. The conductor waits afterwards until the cluster is whole, and starts what has ended.</summary>
    /// <returns>How many faults it was.</returns>
    Task<int> Strike(TestCluster cluster, Random random);
}
