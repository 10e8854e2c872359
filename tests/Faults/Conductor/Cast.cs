using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Which processes a run has besides its three silos, one a slot.</summary>
/// <param name="Clients">How many applications there are; they come first.</param>
/// <param name="ClientRole">What each of them is.</param>
/// <param name="Others">What the processes after them are.</param>
/// <param name="WriterRole">Those of them that change the source.</param>
internal sealed record Cast(int Clients, string ClientRole, IReadOnlyList<string> Others, string WriterRole)
{
    /// <summary>Four applications, a program that reads over HTTP, and a writer that is the source.</summary>
    public static readonly Cast OfMemory = new(4, "client", ["http-reader", "writer"], "writer");

    /// <summary>Three applications that read, four that write, and one that reads the database itself.</summary>
    public static readonly Cast OfDatabase = new(3, "database-reader", ["database-writer", "database-writer", "database-writer", "database-writer", "prober"], "database-writer");

    /// <summary>Those that always run, with the silos.</summary>
    public int Processes => TestCluster.FirstOther(Clients) + Others.Count;

    public bool HasDatabase => this == OfDatabase;

    /// <summary>The slots of those that change the source.</summary>
    public IReadOnlyList<int> Writers => [.. Enumerable.Range(0, Processes).Where(slot => RoleOf(slot) == WriterRole)];

    public static Cast Of(string load) => load == Load.Database ? OfDatabase : OfMemory;

    public string RoleOf(int slot) =>
        TestCluster.IsSilo(slot) ? "silo" : slot < TestCluster.FirstOther(Clients) ? ClientRole : Others[slot - TestCluster.FirstOther(Clients)];
}
