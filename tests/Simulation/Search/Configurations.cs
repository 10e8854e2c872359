using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about updates, copies, generations and flights: no time passes, nobody comes or goes.</summary>
internal static class Configurations
{
    private const string Key = Catalog.K1;

    /// <summary>A set's value is as old as its call: what happens at the same moment counts as later.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    /// <summary>Those here, and those about time and members.</summary>
    public static readonly Configuration[] All =
    [
        new("generation", Generation),
        new("bypass", Bypass),
        new("set", Set),
        new("shared-read", SharedRead),
        new("copy", Copy),
        new("copy-repeated", stage =>
        {
            Copy(stage);
            stage.Repeats = 1;
            stage.AtOnce = ["queues", "change", "commit", "factory"];
        }),
        new("copy-two-updates", CopyTwoUpdates),
        new("batch", Batch),
        new("client", Client),
        new("client-two-updates", ClientTwoUpdates),
        .. EntryConfigurations.All,
        .. TimedConfigurations.All,
        .. MovingConfigurations.All,
        .. HoldConfigurations.All,
        .. HoldTroubleConfigurations.All,
        .. JointConfigurations.All,
        .. SoftConfigurations.All,
        .. SinceConfigurations.All,
    ];

    public static Configuration Named(string name) => Array.Find(All, each => each.Name == name)!;

    public static Step Do(string text, Action run) => new(text, run);

    public static Step Reads(Process process, string key) => new($"reads {key}", () => process.Read(key), IsRead: true);

    /// <summary>A read after changes have returned.</summary>
    public static Step Checks(Process process, string key, int after = 1) => Reads(process, key) with { After = after };

    public static Step Updates(Process caller, Silo coordinator, params Names.TagId[] tags) =>
        new("calls", () => caller.Change(tags, null, coordinator));

    public static Step Revalidates(Silo silo, int staleFor) =>
        Do("calls", () => silo.Change([Catalog.B], TimeSpan.FromMilliseconds(staleFor), silo));

    /// <summary>One silo: a generation with a late tag, a joiner, an update of that tag, and records that are forgotten.</summary>
    private static void Generation(Stage stage)
    {
        var silo = stage.Serving();
        stage.Host(Catalog.K0, silo);
        stage.Script(silo, Reads(silo, Catalog.K0), Checks(silo, Catalog.K0));
        stage.Script(silo, Checks(silo, Catalog.K0));
        stage.Script("W", Updates(silo, silo, Catalog.B));
        stage.Script("F", Do("forgets", () => silo.Ledger.Forget(silo.Ledger.Stamp())));
    }

    /// <summary>A silo that does not serve hosts the entry: readers run their factories.</summary>
    private static void Bypass(Stage stage)
    {
        var (serving, joining) = (stage.Serving(), stage.New());
        stage.Host(Key, joining);
        stage.Script(serving, Reads(serving, Key));
        stage.Script(serving, Checks(serving, Key));
        stage.Script("W", Updates(serving, serving, Catalog.B));
    }

    /// <summary>A plain set of a value, an update of one of its tags, and a reader.</summary>
    private static void Set(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Script(host, Do("sets", () => host.Set(Key, host)));
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        (stage.Ticks, stage.Tick) = (2, Moment);
        stage.AtOnce = ["queues", "change", "answer", "factory", "commit", "set ended"];
    }

    /// <summary>Two readers of one process, one of them after an update has returned, while the first one's answer is on its way.</summary>
    private static void SharedRead(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Script(near, Reads(near, Key));
        stage.Script("R", Checks(near, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
    }

    /// <summary>A near cache copies an entry of another silo while its tag is updated.</summary>
    private static void Copy(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.Script("W", Updates(host, near, Catalog.B));
    }

    /// <summary>A near cache copies an entry while a second update of its tag begins and the first one is settled.</summary>
    private static void CopyTwoUpdates(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);

        // The first update is known everywhere and its settling is still to come; the entry was generated again meanwhile.
        host.Change([Catalog.B], null, near);
        stage.World.RunAll(heldBack: "acknowledges");
        host.Read(Key);
        stage.World.RunAll(heldBack: "acknowledges");
        stage.Script(near, Reads(near, Key), Checks(near, Key, after: 2));
        stage.Script("W", Updates(host, near, Catalog.B));
        stage.AtOnce = ["queues", "change", "commit", "factory"];
    }

    /// <summary>Two updates of different tags by one coordinator: what acknowledges the first does not acknowledge the second.</summary>
    private static void Batch(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Script(host, Checks(host, Key));
        stage.Script("W", Updates(coordinator, coordinator, Catalog.A), Updates(coordinator, coordinator, Catalog.B));
        stage.Losses = 1;
    }

    /// <summary>Two silos and a client that keeps an entry of one of them.</summary>
    private static void Client(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        stage.Script(client, Reads(client, Key), Checks(client, Key));
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B));
        stage.Interruptions = 2;
        stage.AtOnce = ["queues", "change", "factory", "commit", "push acknowledged", "receipt", "acknowledges"];
    }

    private static void ClientTwoUpdates(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        var client = stage.Client(host);
        stage.Warm(client, Key);
        stage.Script(client, Reads(client, Key), Checks(client, Key));
        stage.Script("W", Updates(host, host, Catalog.B), Updates(host, host, Catalog.B));
        stage.AtOnce = ["queues", "change", "acquire", "answer", "commit", "factory"];
    }
}
