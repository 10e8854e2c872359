using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about values that move between silos: under tickets, in chains, from a silo that leaves or to one that joins, and to a standby.</summary>
internal static class MovingConfigurations
{
    private const string Key = Catalog.K1;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    public static readonly Configuration[] All =
    [
        new("move", Move, Deed.CopyTakenOver, Deed.CopySuperseded),
        new("move-lost-and-repeated", stage =>
        {
            Move(stage);
            (stage.Losses, stage.Repeats) = (1, 1);
            stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer"];
        }, Deed.CopyTakenOver, Deed.TicketRefused),
        new("move-two-updates", MoveTwoUpdates, Deed.CopyTakenOver, Deed.CopySuperseded),
        new("move-chain", MoveChain, Deed.CopyTakenOver),
        new("move-and-set", MoveAndSet, Deed.CopyTakenOver, Deed.CopyNotWanted),
        new("move-and-remove", MoveAndRemove, Deed.CopyTakenOver),
        new("move-revalidated", MoveRevalidated, Deed.CopyTakenOver),
        new("move-of-dead-silo", MoveOfDeadSilo, Deed.CopyTakenOver),
        new("move-to-joiner", MoveToJoiner, Deed.CopyTakenOver),
        new("move-of-leaver", MoveOfLeaver, Deed.CopyTakenOver),
        new("fetch", Fetch, Deed.Fetched, Deed.FetchShared, Deed.CopyTakenOver, Deed.CopySuperseded),
        new("standby", Standby, Deed.StandbyRead),
        new("standby-again", StandbyAgain, Deed.StandbyRead, Deed.CopyTakenOver),
        new("standby-of-dead-silo", StandbyOfDeadSilo),
    ];

    internal static Step Moves(Silo from, Silo to, bool drops = true) => Do($"sends {Key} to {to}", () => from.Moving.Send(Key, to, drops));

    /// <summary>A value moves while its tag is updated, and the new owner is read.</summary>
    private static void Move(Stage stage)
    {
        var (former, owner) = Moved(stage);
        stage.Script("M", Moves(former, owner));
        stage.Script("W", Updates(former, owner, Catalog.B));
        stage.Script(owner, Reads(owner, Key), Checks(owner, Key));
        stage.AtOnce = ["queues", "change", "commit", "factory"];
    }

    /// <summary>The first update is known everywhere and still to be settled; the value was made again since, and moves while a second one comes.</summary>
    private static void MoveTwoUpdates(Stage stage) => MovesBetweenUpdates(
        stage, (former, owner) => former.Change([Catalog.B], null, owner), former => former.Read(Key), (former, owner) => Updates(former, owner, Catalog.B), owner => Checks(owner, Key, after: 2));

    /// <summary>A first update, and a read that makes the value again before it is settled; then the value moves beside a second update, and a check.</summary>
    internal static void MovesBetweenUpdates(Stage stage, Action<Silo, Silo> updates, Action<Silo> reads, Func<Silo, Silo, Step> update, Func<Silo, Step> check)
    {
        var (former, owner) = (stage.Serving(), stage.Serving());
        stage.Host(Key, former);
        stage.Warm(former, Key);
        updates(former, owner);
        stage.World.RunAll(heldBack: "acknowledges");
        reads(former);
        stage.World.RunAll(heldBack: "acknowledges");
        stage.Host(Key, owner);
        stage.Script("M", Moves(former, owner));
        stage.Script("W", update(former, owner));
        stage.Script(owner, check(owner));
        stage.AtOnce = ["queues", "change", "commit", "factory"];
    }

    /// <summary>What was taken over moves on to a third silo.</summary>
    private static void MoveChain(Stage stage) => MovesOn(stage, (first, second) => Updates(first, second, Catalog.B), third => Checks(third, Key));

    /// <summary>A value moves to a second silo and on to a third one, which owns its key, beside an update and a check.</summary>
    internal static void MovesOn(Stage stage, Func<Silo, Silo, Step> update, Func<Silo, Step> check)
    {
        var (first, second, third) = (stage.Serving(), stage.Serving(), stage.Serving());
        stage.Host(Key, first);
        stage.Warm(first, Key);
        stage.Host(Key, third);
        stage.Script("M", Moves(first, second), Moves(second, third));
        stage.Script("W", update(first, second));
        stage.Script(third, check(third));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer", "receipt"];
    }

    /// <summary>
    /// A value that is younger than an update, and older than a set of its key at its new owner, moves there; the set's token is older than the update there, which supersedes the set: what the
    /// set carries over the expiry of the key must not be the older value.
    /// </summary>
    private static void MoveAndSet(Stage stage)
    {
        var (former, owner) = (stage.Serving(), stage.Serving());
        stage.Host(Key, former);
        stage.World.Advance(Moment);
        stage.Script("W", Updates(former, former, Catalog.B));
        stage.Script("M", Reads(former, Key), Do($"{Key} belongs to {owner}", () => stage.Host(Key, owner)), Moves(former, owner, drops: false));
        stage.Script(owner, Do("sets", () => owner.Set(Key, owner)));
        stage.Script("R", Checks(owner, Key, after: 2));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer", "begin set", "token of the set", "asks for a ticket", "ticket", "receipt", "acknowledges"];
    }

    /// <summary>A value moves while its key is removed through its former owner.</summary>
    private static void MoveAndRemove(Stage stage)
    {
        var (former, owner) = Moved(stage);
        stage.Script("M", Moves(former, owner));
        stage.Script("W", Do("removes", () => former.Remove(Key, former)));
        stage.Script("F", Do("forgets", () => owner.Ledger.Forget(owner.Ledger.Stamp())));
        stage.Script(owner, Checks(owner, Key));
        stage.AtOnce = ["queues", "remove", "commit", "factory", "acquire", "answer"];
    }

    /// <summary>A value that a revalidation has made stale moves, and its deadline comes.</summary>
    private static void MoveRevalidated(Stage stage)
    {
        var (former, owner) = Moved(stage);
        former.Change([Catalog.B], TimeSpan.FromMilliseconds(300), former);
        stage.World.RunAll();
        stage.World.Fates = [Fate.Fails];
        stage.Script("M", Moves(former, owner));
        stage.Script(owner, Reads(owner, Key), Reads(owner, Key) with { From = TimeSpan.FromMilliseconds(310) });
        (stage.Ticks, stage.Tick) = (3, TimeSpan.FromMilliseconds(160));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer", "fail-safe", "spare", "abandon"];
    }

    /// <summary>A silo that is cut off from the coordinator is declared dead and waited out, and goes on sending what it has to a third one.</summary>
    private static void MoveOfDeadSilo(Stage stage)
    {
        var (coordinator, owner, dead) = (stage.Serving(), stage.Serving(), stage.Serving());
        stage.Host(Key, dead);
        stage.Warm(dead, Key);
        stage.Host(Key, owner);
        stage.World.Table.Write(dead.Id, RowStatus.Dead);
        stage.World.Cut(coordinator, dead);
        stage.Script("M", Moves(dead, owner));
        TimedConfigurations.Outlasts(stage, coordinator);
        stage.Script("R", Do("renews", owner.Joining.Renew), Do("renews", owner.Joining.Renew) with { From = TimedConfigurations.Quarter * 3 });
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B));
        stage.Script(owner, Checks(owner, Key));
        (stage.Ticks, stage.Tick) = (4, TimedConfigurations.Quarter);
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer", "read ", "row", "batch", "receipt", "acknowledges", "asks for a ticket", "ticket", "copy "];
    }

    /// <summary>A silo joins and is sent what becomes its own, while the tag is updated.</summary>
    private static void MoveToJoiner(Stage stage)
    {
        var (former, joiner) = (stage.Serving(), stage.New());
        stage.Host(Key, former);
        stage.Warm(former, Key);
        stage.Script("J", Do("renews", joiner.Joining.Renew), Do("joins", joiner.Joining.TryJoin), Do("owns the key", () => stage.Host(Key, joiner)));
        stage.Script("M", Moves(former, joiner));
        stage.Script("W", Updates(former, former, Catalog.B));
        stage.Script(joiner, Checks(joiner, Key));
        stage.WithInstantTable = joiner;
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer"];
    }

    /// <summary>A silo sends what it has, and leaves.</summary>
    private static void MoveOfLeaver(Stage stage)
    {
        var (leaver, owner) = Moved(stage);
        stage.Script("M", Moves(leaver, owner));
        stage.Script("L", Do("leaves", leaver.Joining.Leave));
        stage.Script("W", Updates(owner, owner, Catalog.B));
        stage.Script(owner, Checks(owner, Key));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer", "read own row", "row is"];
    }

    /// <summary>Two readers miss at a key's new owner, which asks the former one, while the tag is updated.</summary>
    private static void Fetch(Stage stage)
    {
        var (former, owner) = Moved(stage);
        stage.World.Former[Key] = former;
        var other = stage.Client();
        stage.Script(owner, Reads(owner, Key));
        stage.Script(other, Reads(other, Key), Checks(other, Key));
        stage.Script("W", Updates(former, former, Catalog.B));
        stage.AtOnce = ["queues", "change", "commit", "factory", "answer"];
    }

    /// <summary>A reader asks the standby beside the silent owner, before and after an update.</summary>
    private static void Standby(Stage stage)
    {
        var (owner, standby, client) = (stage.Serving(), stage.Serving(), stage.Client());
        stage.Host(Key, owner);
        stage.Warm(owner, Key);
        owner.Moving.Send(Key, standby, drops: false, isForStandby: true);
        stage.World.RunAll();
        stage.World.Standbys[Key] = standby;
        stage.Script("W", Updates(owner, owner, Catalog.B));
        stage.Script(client, Reads(client, Key), Checks(client, Key));
        stage.AtOnce = ["queues", "change", "commit", "factory", "receipt", "acknowledges"];
    }

    /// <summary>The owner has another value of the key, and sends it to the standby, which has the earlier one; what it reads afterwards is never older.</summary>
    private static void StandbyAgain(Stage stage)
    {
        var (owner, standby, client) = (stage.Serving(), stage.Serving(), stage.Client());
        stage.Host(Key, owner);
        stage.Warm(owner, Key);
        owner.Moving.Send(Key, standby, drops: false, isForStandby: true);
        stage.World.RunAll();
        stage.World.Standbys[Key] = standby;
        stage.Script(owner, Do("evicts", () => owner.Entries.Evict(Key)), Reads(owner, Key), Do("sends it to its standby", () => owner.Moving.Send(Key, standby, drops: false, isForStandby: true)));
        stage.Script("W", Updates(owner, owner, Catalog.B));
        stage.Script(client, Checks(client, Key));
        stage.AtOnce = ["queues", "change", "commit", "factory", "answer", "receipt", "acknowledges"];
    }

    /// <summary>A standby that is cut off was declared dead, and its reader asks it beside the silent owner.</summary>
    private static void StandbyOfDeadSilo(Stage stage)
    {
        var (owner, standby, client) = (stage.Serving(), stage.Serving(), stage.Client());
        stage.Host(Key, owner);
        stage.Warm(owner, Key);
        owner.Moving.Send(Key, standby, drops: false, isForStandby: true);
        stage.World.RunAll();
        stage.World.Standbys[Key] = standby;
        stage.World.Table.Write(standby.Id, RowStatus.Dead);
        stage.World.Cut(owner, standby);
        TimedConfigurations.Outlasts(stage, owner);
        stage.Script(standby, Do("renews", standby.Joining.Renew));
        stage.Script("W", Updates(owner, owner, Catalog.B));
        stage.Script(client, Checks(client, Key));
        (stage.Ticks, stage.Tick) = (4, TimedConfigurations.Quarter);
        stage.AtOnce = ["queues", "change", "commit", "factory", "read ", "row"];
    }

    /// <summary>A silo that has a value, and one that owns its key now.</summary>
    internal static (Silo Former, Silo Owner) Moved(Stage stage)
    {
        var (former, owner) = (stage.Serving(), stage.Serving());
        stage.Host(Key, former);
        stage.Warm(former, Key);
        stage.Host(Key, owner);
        return (former, owner);
    }
}
