using OrleansTagCache.Faults.Nemeses;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Which nemeses a run meets, and for how many rounds. The lengths are parts of the default leases.</summary>
internal static class Plans
{
    /// <summary>Two versions of all processes, mixed.</summary>
    public const string Upgrade = "upgrade";

    private const double StormMinutes = 5;

    private static readonly TimeSpan ServingLease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SessionLease = TimeSpan.FromSeconds(2);

    public static IEnumerable<(INemesis Nemesis, int Rounds)> Of(RunOptions options)
    {
        IEnumerable<(INemesis Nemesis, int Rounds)> plan = options.Plan switch
        {
            "short" => All(options.Store, TimeSpan.FromSeconds(5)).Select(entry => (entry.Nemesis, 1)),
            "full" => All(options.Store, TimeSpan.FromSeconds(60)),
            Load.Database => Database(options),
            Load.StormPages or Load.StormNested => [(new Nothing(TimeSpan.FromMinutes(options.Minutes ?? StormMinutes)), 1)],
            Upgrade when options.Old is not null => Upgrades(),
            Upgrade => throw new ArgumentException("Say where the earlier version is: --old FOLDER. tests/upgrade.sh builds it."),
            _ => throw new ArgumentException($"There is no plan '{options.Plan}'; there are short, full, {Load.StormPages}, {Load.StormNested}, {Load.Database} and {Upgrade}."),
        };
        var scale = options.Scale;
        return plan
            .Where(entry => entry.Nemesis.Name.Contains(options.Only, StringComparison.Ordinal))
            .Select(entry => (entry.Nemesis, Math.Max(1, (int)(entry.Rounds * scale))));
    }

    /// <summary>What processes read and change meanwhile.</summary>
    public static string LoadOf(string plan) => plan is Load.StormPages or Load.StormNested or Load.Database ? plan : Load.Mix;

    /// <summary>All processes begin in the earlier version. Silos go first, with clients of the earlier version; back and forth again with clients of both; and last the other clients.</summary>
    private static IEnumerable<(INemesis Nemesis, int Rounds)> Upgrades()
    {
        int[] silos = [.. Enumerable.Range(0, TestCluster.Silos)];
        var cast = Cast.OfMemory;
        int[] clients = [.. Enumerable.Range(TestCluster.FirstClient, cast.Clients)];
        int[] others = [.. Enumerable.Range(TestCluster.FirstOther(cast.Clients), cast.Others.Count)];
        return
        [
            (new Nothing(TimeSpan.FromSeconds(5)), 1),
            (new ChangeVersion("silos upgraded, clients not", silos, toOld: false), 1),
            (new ChangeVersion("half of the clients upgraded", clients[..2], toOld: false), 1),
            (new ChangeVersion("silos go back, clients of both", silos, toOld: true), 1),
            (new ChangeVersion("the others upgraded before the silos", [.. clients[2..], .. others], toOld: false), 1),
            (new ChangeVersion("silos upgraded, clients before", silos, toOld: false), 1),
            (new ChangeVersion("clients go back", clients, toOld: true), 1),
        ];
    }

    /// <summary>A database is the source, and its transactions are held. No writer is frozen for as long as it wants to have left of its hold before it commits.</summary>
    private static IEnumerable<(INemesis Nemesis, int Rounds)> Database(RunOptions options) =>
    [
        (new Nothing(TimeSpan.FromMinutes(options.Minutes ?? 1)), 1),
        (new KillWriter(), 20),
        (new KillWriterAfterCommit(), 12),
        (new FreezeProcess(Victim.Writer, "0.5 s", TimeSpan.FromMilliseconds(500)), 10),
        (new FreezeProcess(Victim.Writer, "3 s", TimeSpan.FromSeconds(3)), 6),
        (new CutProcess(Victim.Writer, TimeSpan.FromSeconds(3)), 6),
        (new EndConnections(), 20),
        (new KillClient(), 6),
        (new FreezeProcess(Victim.Client, "1.1 leases", 1.1 * SessionLease), 6),
        (new CutProcess(Victim.Client, TimeSpan.FromSeconds(3)), 6),
        (new FreezeSilo("0.3 leases", 0.3 * ServingLease), 8),
        (new FreezeSilo("1.1 leases", 1.1 * ServingLease), 4),
        (new FreezeSiloPastDeath(), 4),
        (new KillSilo(), 6),
        (new KillCoordinator(freeze: TimeSpan.FromSeconds(1)), 6),
        (new CutSilos(TimeSpan.FromSeconds(3)), 6),
        (new FreezeStore(options.Store, "0.5 leases", 0.5 * ServingLease), 4),
        (new LeaveSilo(away: TimeSpan.FromSeconds(2)), 3),
        (new JoinSilo(), 3),
        (new JoinWhileHeld(), 4),
        (new RollingRestart(), 2),
    ];

    private static IEnumerable<(INemesis Nemesis, int Rounds)> All(StoreKind store, TimeSpan baseline) =>
    [
        (new Nothing(baseline), 1),
        (new KillClient(), 40),
        (new FreezeProcess(Victim.Client, "0.3 leases", 0.3 * SessionLease), 30),
        (new FreezeProcess(Victim.Client, "1.1 leases", 1.1 * SessionLease), 25),
        (new FreezeProcess(Victim.Client, "3 leases", 3 * SessionLease), 15),
        (new CutProcess(Victim.Client, TimeSpan.FromSeconds(3)), 12),
        (new FreezeSilo("0.3 leases", 0.3 * ServingLease), 20),
        (new FreezeSilo("1.1 leases", 1.1 * ServingLease), 10),
        (new FreezeSilo("3 leases", 3 * ServingLease), 4),
        (new FreezeSiloPastDeath(), 6),
        (new KillSilo(), 10),
        (new KillCoordinator(freeze: TimeSpan.FromSeconds(1)), 10),
        (new CutSilos(TimeSpan.FromSeconds(3)), 12),
        (new CutSilos(TimeSpan.FromSeconds(12)), 3),
        (new FreezeStore(store, "0.5 leases", 0.5 * ServingLease), 8),
        (new FreezeStore(store, "3 leases", 3 * ServingLease), 4),
        (new LeaveSilo(away: TimeSpan.FromSeconds(2)), 10),
        (new JoinSilo(), 9),
        (new RollingRestart(), 4),
    ];
}
