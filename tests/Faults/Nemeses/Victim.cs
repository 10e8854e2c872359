using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>What a process is that a nemesis strikes.</summary>
/// <param name="Name">As it is named in tables.</param>
/// <param name="Any">The slot of any of them.</param>
internal sealed record Victim(string Name, Func<TestCluster, Random, int> Any)
{
    /// <summary>An application.</summary>
    public static readonly Victim Client = new("client", static (cluster, random) => cluster.AnyClient(random));

    /// <summary>An application that changes the database.</summary>
    public static readonly Victim Writer = new("writer", static (cluster, random) => cluster.AnyWriter(random));
}
