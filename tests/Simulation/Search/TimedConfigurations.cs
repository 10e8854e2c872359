using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about leases, sessions that end, silos that die, join and leave: time passes in steps of the search.</summary>
internal static class TimedConfigurations
{
    private const string Key = Catalog.K1;

    /// <summary>A little more than a quarter of a serving lease with its bound: four of them outlast it by any clock.</summary>
    internal static readonly TimeSpan Quarter = TimeSpan.FromMilliseconds(270);

    /// <summary>Four of them outlast a session lease by any clock, and not the serving lease.</summary>
    private static readonly TimeSpan SessionQuarter = TimeSpan.FromMilliseconds(215);

    public static readonly Configuration[] All =
    [
        new("broken-session", BrokenSession),
        new("old-session", OldSession),
        new("client-of-dead-silo", ClientOfDeadSilo),
        new("dead-silo", DeadSilo),
        new("successor", Successor),
        new("joiner", Joiner),
        new("joiner-copies", JoinerCopies),
        new("leaver", Leaver),
        new("revalidations", Revalidations),
        new("generation-revalidated", GenerationRevalidated),
        new("client-revalidated", ClientRevalidated),
        new("client-stale-updated", ClientStaleUpdated),
    ];

    /// <summary>A client whose pushes are late for longer than its lease, and that renews.</summary>
    private static void BrokenSession(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        var client = stage.Client(host);
        stage.Warm(client, Key);
        stage.Script(client, Do("renews", () => client.Renew(host)), Checks(client, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script(host, Do("breaks what lapsed", host.Sessions.TryBreakAll));
        (stage.Ticks, stage.Tick) = (4, SessionQuarter);
        stage.AtOnce = ["queues", "change", "acquire", "answer", "commit", "factory"];
    }

    /// <summary>An answer that is on its way while its session ends and another one is opened.</summary>
    private static void OldSession(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        stage.Script(client, Reads(client, Key), Do("renews", () => client.Renew(host)), Do("opens", () => client.Open(host)), Checks(client, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script(host, Do("breaks what lapsed", host.Sessions.TryBreakAll));
        (stage.Ticks, stage.Tick) = (4, SessionQuarter);
        stage.AtOnce = ["queues", "change", "acquire", "commit", "factory", "open session", "renew session", "session "];
    }

    /// <summary>A silo that is cut off was declared dead, and a client keeps its entries.</summary>
    private static void ClientOfDeadSilo(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        var client = stage.Client(host);
        stage.Warm(client, Key);
        stage.World.Table.Write(host.Id, RowStatus.Dead);
        stage.World.Cut(coordinator, host);
        Outlasts(stage, coordinator);
        stage.Script(client, Do("renews", () => client.Renew(host)), Checks(client, Key));
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B));
        (stage.Ticks, stage.Tick) = (4, Quarter);
        stage.AtOnce = ["queues", "change", "read ", "row", "renew session", "session ", "commit", "factory"];
    }

    /// <summary>A silo that is cut off is declared dead, and serves its own reader for as long as its lease lets it.</summary>
    private static void DeadSilo(Stage stage)
    {
        var (coordinator, dead) = (stage.Serving(), stage.Serving());
        stage.Host(Key, dead);
        stage.Warm(dead, Key);
        stage.Script("T", Do("declares S1 dead", () => stage.World.Table.Write(dead.Id, RowStatus.Dead)));
        Outlasts(stage, coordinator);
        stage.Script(dead, Do("renews", dead.Joining.Renew), Checks(dead, Key));
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B));
        (stage.Ticks, stage.Tick) = (4, Quarter);
        stage.AtOnce = ["queues", "change", "acquire", "answer"];
        stage.WithInstantTable = coordinator;
        stage.World.Cut(coordinator, dead);
    }

    /// <summary>A silo was declared dead and another one joins in its stead: the dead one is asked for an update.</summary>
    private static void Successor(Stage stage)
    {
        var (dead, joiner) = (stage.Serving(), stage.New());
        stage.Host(Key, joiner);
        stage.World.Table.Write(dead.Id, RowStatus.Dead);
        stage.Script(
            joiner,
            Do("renews", joiner.Joining.Renew),
            Do("joins", joiner.Joining.TryJoin),
            Do("renews", joiner.Joining.Renew) with { From = Quarter * 2 },
            Do("joins", joiner.Joining.TryJoin) with { From = Quarter * 4 });
        stage.Script(joiner, Reads(joiner, Key), Checks(joiner, Key));
        stage.Script("W", Updates(joiner, dead, Catalog.B));
        (stage.Ticks, stage.Tick) = (4, Quarter);
        stage.AtOnce = ["queues", "read ", "row", "acquire", "answer", "commit", "factory", "bypassing"];
    }

    /// <summary>A silo joins one that serves, and gets a read before and after it does.</summary>
    private static void Joiner(Stage stage)
    {
        var (serving, joiner) = (stage.Serving(), stage.New());
        stage.Host(Key, joiner);
        stage.Script(joiner, Do("renews", joiner.Joining.Renew), Do("joins", joiner.Joining.TryJoin));
        stage.Script(joiner, Reads(joiner, Key), Checks(joiner, Key));
        stage.Script("W", Updates(serving, serving, Catalog.B));
        stage.AtOnce = ["queues", "row"];
    }

    /// <summary>A silo joins while an update is on its way to a third one, and copies an entry of that one.</summary>
    private static void JoinerCopies(Stage stage)
    {
        var (coordinator, host, joiner) = (stage.Serving(), stage.Serving(), stage.New());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Script(joiner, Do("renews", joiner.Joining.Renew), Do("joins", joiner.Joining.TryJoin));
        stage.Script(joiner, Reads(joiner, Key), Checks(joiner, Key));
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B));
        stage.AtOnce = ["queues", "read ", "row", "hello again", "factory", "bypassing", "commit", "change"];
    }

    /// <summary>A silo leaves while a client keeps its entries.</summary>
    private static void Leaver(Stage stage)
    {
        var (coordinator, leaver) = (stage.Serving(), stage.Serving());
        stage.Host(Key, leaver);
        var client = stage.Client(leaver);
        stage.Warm(client, Key);
        stage.Script(leaver, Do("leaves", leaver.Joining.Leave));
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B));
        stage.Script(client, Checks(client, Key));
        stage.AtOnce = ["queues", "change"];
    }

    /// <summary>Two revalidations of one tag, the second with a later deadline.</summary>
    private static void Revalidations(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Script("W", Revalidates(host, 200), Revalidates(host, 900));
        stage.Script(host, Checks(host, Key), Checks(host, Key));
        (stage.Ticks, stage.Tick) = (2, TimeSpan.FromMilliseconds(130));
        stage.AtOnce = ["queues", "change", "factory", "commit"];
    }

    /// <summary>A revalidation whose deadline passes while a value is generated, and a reader who joins.</summary>
    private static void GenerationRevalidated(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Script("W", Revalidates(host, 100));
        stage.Script(host, Reads(host, Key));
        stage.Script(host, Checks(host, Key));
        (stage.Ticks, stage.Tick) = (2, TimeSpan.FromMilliseconds(130));
    }

    /// <summary>A revalidation while a client generates a value that it will keep.</summary>
    private static void ClientRevalidated(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        var client = stage.Client(host);
        stage.Script("W", Revalidates(host, 100));
        stage.Script(client, Reads(client, Key), Checks(client, Key));
        (stage.Ticks, stage.Tick) = (1, TimeSpan.FromMilliseconds(130));
    }

    /// <summary>A client serves a value stale after a revalidation, and an update follows.</summary>
    private static void ClientStaleUpdated(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        stage.Warm(client, Key);
        stage.Script("W", Revalidates(host, 900), Updates(host, host, Catalog.B));
        stage.Script(client, Reads(client, Key), Checks(client, Key, after: 2));
        stage.AtOnce = ["queues", "change", "commit", "factory"];
    }

    /// <summary>Sees the dead, keeps its own lease, and looks again when theirs is over.</summary>
    internal static void Outlasts(Stage stage, Silo silo) => stage.Script(
        silo,
        Do("watches", silo.Joining.Watch),
        Do("renews", silo.Joining.Renew) with { From = Quarter * 2 },
        Do("looks again", silo.Fanout.ReconsiderAll) with { From = Quarter * 4 });
}
