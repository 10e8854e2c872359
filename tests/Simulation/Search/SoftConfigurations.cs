using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;
using static OrleansTagCache.Simulation.Search.MovingConfigurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about readers who name tags that the entry does not bear, and about updates that are remembered for them.</summary>
internal static class SoftConfigurations
{
    private const string Key = Catalog.K1;

    public static readonly Configuration[] All =
    [
        new("soft", Generation, Deed.SoftHit, Deed.SoftRefused),
        new("soft-anew", Anew, Deed.SoftRefused),
        new("soft-kept", Kept, Deed.SoftHit, Deed.SoftRefused),
        new("soft-near", Near, Deed.SoftRefused),
        new("soft-client", Client, Deed.SoftHit),
        new("soft-client-near", ClientNear, Deed.SoftHitNear, Deed.SoftRefused),
        new("soft-revalidated", Revalidated, Deed.StaleServed),
        new("soft-move", Move, Deed.CopyTakenOver, Deed.CopyBroughtTags, Deed.SoftRefused),
        new("soft-move-two-updates", MoveTwoUpdates, Deed.CopyTakenOver, Deed.CopyBroughtTags),
        new("soft-move-chain", MoveChain, Deed.CopyTakenOver, Deed.CopyBroughtTags),
        new("soft-move-forgotten", stage =>
        {
            Move(stage);
            stage.Script("F", Do("forgets", () => stage.World.Silos[0].Ledger.ForgetRemembered(stage.World.Silos[0].Ledger.Stamp())));
            stage.Script("F", Do("forgets", () => stage.World.Silos[1].Ledger.ForgetRemembered(stage.World.Silos[1].Ledger.Stamp())));
        }, Deed.CopyTakenOver),
        new("soft-fetch", Fetch, Deed.Fetched, Deed.SoftRefused),
        new("soft-standby", Standby, Deed.CopyTakenOver, Deed.SoftRefused),
        new("soft-joiner", Joiner, Deed.CopyTakenOver),
    ];

    private static Step ReadsSoft(Process process, params Names.TagId[] softTags) =>
        new($"reads {Key}", () => process.ReadSoft(Key, softTags), IsRead: true);

    private static Step ChecksSoft(Process process, int after = 1) => ReadsSoft(process, Catalog.P) with { After = after };

    private static Step Remembers(Process caller, Silo coordinator, Names.TagId? tag = null) =>
        new("calls", () => caller.Change([tag ?? Catalog.P], null, coordinator, remember: true));

    private static Step RevalidatesSoft(Process caller, Silo coordinator) =>
        new("calls", () => caller.Change([Catalog.P], TimeSpan.FromMilliseconds(300), coordinator, remember: true));

    private static Step Forgets(Silo silo) => Do("forgets what it remembers", () => silo.Ledger.ForgetRemembered(silo.Ledger.Stamp()));

    /// <summary>One silo: a generation, readers with and without soft tags, a remembered update, and what is remembered is forgotten.</summary>
    private static void Generation(Stage stage)
    {
        var silo = stage.Serving();
        stage.Host(Key, silo);
        stage.Script(silo, Reads(silo, Key), ChecksSoft(silo));
        stage.Script("R", ReadsSoft(silo, Catalog.P));
        stage.Script("W", Remembers(silo, silo));
        stage.Script("F", Forgets(silo));
        stage.AtOnce = ["queues", "change"];
    }

    /// <summary>A tag is updated, forgotten and revalidated, which remembers it anew.</summary>
    private static void Anew(Stage stage)
    {
        var silo = stage.Serving();
        stage.Host(Key, silo);
        stage.Warm(silo, Key);
        stage.Script("W", Remembers(silo, silo), RevalidatesSoft(silo, silo));
        stage.Script("F", Forgets(silo));
        stage.Script(silo, ChecksSoft(silo), ChecksSoft(silo, after: 2));
        stage.AtOnce = ["queues"];
    }

    /// <summary>What is remembered stays for as long as the value is there: readers of another tag get the value, and those of the updated one do not.</summary>
    private static void Kept(Stage stage)
    {
        var silo = stage.Serving();
        stage.Host(Key, silo);
        stage.Warm(silo, Key);
        stage.World.Untouched.Add(Key);
        stage.Script("W", Remembers(silo, silo));
        stage.Script("F", Do("sweeps", () =>
        {
            silo.Entries.Sweep();
            silo.Entries.ForgetRemembered();
        }));
        stage.Script(silo, ReadsSoft(silo, Catalog.Q), ReadsSoft(silo, Catalog.Q));
        stage.Script("L", Do("may generate it now", () => stage.World.Untouched.Clear()) with { When = () => silo.World.OpenReads == 0 && stage.Scripts[2].Position == 2 }, ChecksSoft(silo));
        stage.AtOnce = ["queues"];
    }

    /// <summary>A silo keeps near a value of another one, whose readers have no soft tags.</summary>
    private static void Near(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Warm(near, Key);
        stage.Script(near, ReadsSoft(near, Catalog.P), ChecksSoft(near));
        stage.Script("W", Remembers(host, near));
        stage.AtOnce = ["queues", "change", "factory", "commit"];
    }

    /// <summary>A client that keeps what it reads under its soft tags, and is told of their updates.</summary>
    private static void Client(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        stage.Script(client, ReadsSoft(client, Catalog.P), ChecksSoft(client));
        stage.Script("W", Remembers(coordinator, coordinator));
        stage.Interruptions = 2;
        stage.AtOnce = ["queues", "change", "factory", "commit", "push acknowledged", "receipt", "acknowledges"];
    }

    /// <summary>What it keeps so it gives to readers of those tags, and to none of others.</summary>
    private static void ClientNear(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        client.ReadSoft(Key, Catalog.P);
        stage.World.RunAll();
        stage.Script(client, ReadsSoft(client, Catalog.P), ReadsSoft(client, Catalog.P, Catalog.Q) with { After = 1 }, ChecksSoft(client, after: 2));
        stage.Script("W", Remembers(host, host, Catalog.Q), Remembers(host, host));
        stage.AtOnce = ["queues", "change", "factory", "commit", "acquire", "answer"];
    }

    /// <summary>A soft tag is revalidated, and its deadline comes.</summary>
    private static void Revalidated(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Script("W", RevalidatesSoft(host, host), RevalidatesSoft(host, host));
        stage.Script(host, ChecksSoft(host), ChecksSoft(host) with { From = TimeSpan.FromMilliseconds(310) });
        (stage.Ticks, stage.Tick) = (3, TimeSpan.FromMilliseconds(160));
        stage.AtOnce = ["queues", "change", "acquire"];
    }

    /// <summary>A value moves while a soft tag is updated, and the new owner is read.</summary>
    private static void Move(Stage stage)
    {
        var (former, owner) = Moved(stage);
        stage.Script("M", Moves(former, owner));
        stage.Script("W", Remembers(former, owner));
        stage.Script(owner, ChecksSoft(owner));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer"];
    }

    /// <summary>The first update is known everywhere and still to be settled; the value was made again since, and moves while a second one comes.</summary>
    private static void MoveTwoUpdates(Stage stage) => MovesBetweenUpdates(
        stage,
        (former, owner) => former.Change([Catalog.P], null, owner, remember: true),
        former => former.ReadSoft(Key, Catalog.P),
        (former, owner) => Remembers(former, owner),
        owner => ChecksSoft(owner, after: 2));

    /// <summary>What was taken over moves on to a third silo.</summary>
    private static void MoveChain(Stage stage) => MovesOn(stage, (first, second) => Remembers(first, second), third => ChecksSoft(third));

    /// <summary>A miss finds the value at its former owner while a soft tag is updated.</summary>
    private static void Fetch(Stage stage)
    {
        var (former, owner) = Moved(stage);
        stage.World.Former[Key] = former;
        stage.Script("W", Remembers(former, owner));
        stage.Script(owner, Reads(owner, Key), ChecksSoft(owner));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer"];
    }

    /// <summary>A standby gets a copy, and becomes the owner.</summary>
    private static void Standby(Stage stage)
    {
        var (owner, standby) = (stage.Serving(), stage.Serving());
        stage.Host(Key, owner);
        stage.Warm(owner, Key);
        stage.Script("M", Do("sends it to its standby", () => owner.Moving.Send(Key, standby, drops: false, isForStandby: true)), Do($"{Key} belongs to {standby}", () => stage.Host(Key, standby)));
        stage.Script("W", Remembers(owner, owner));
        stage.Script(standby, ChecksSoft(standby));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer"];
    }

    /// <summary>A silo joins while a soft tag is updated, and gets the entry.</summary>
    private static void Joiner(Stage stage)
    {
        var (serving, joiner) = (stage.Serving(), stage.New());
        stage.Host(Key, serving);
        stage.Warm(serving, Key);
        stage.Host(Key, joiner);
        stage.Script(joiner, Do("renews", joiner.Joining.Renew), Do("joins", joiner.Joining.TryJoin));
        stage.Script("M", Moves(serving, joiner) with { When = () => joiner.IsServing });
        stage.Script("W", Remembers(serving, serving));
        stage.Script("R", ChecksSoft(joiner) with { When = () => joiner.IsServing });
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer", "read ", "row", "hello again"];
    }
}
