using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about values that are set since a moment.</summary>
internal static class SinceConfigurations
{
    private const string Key = Catalog.K1;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    /// <summary>What is about generations and about calls; the moment, the making, and both trips are in the order that the search picks.</summary>
    private static readonly string[] Others = ["queues", "change", "commit", "factory", "acquire", "answer", "receipt", "put since"];

    public static readonly Configuration[] All =
    [
        new("since", Since, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-interrupted", stage =>
        {
            Since(stage);
            stage.Interruptions = 1;
            stage.AtOnce = [.. Others, "moment", "the moment", "acknowledges"];
        }, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-forgotten", Forgotten, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-third", Third, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-nested", Nested, Deed.SinceNested, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-near", Near, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-client", Client, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-removed", Removed, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-revalidated", Revalidated, Deed.SinceStored, Deed.StaleServed),
        new("since-two-sets", TwoSets, Deed.SinceStored, Deed.SinceSuperseded),
        new("since-and-set", AndSet, Deed.SinceStored, Deed.SinceSuperseded, Deed.SetStored),
        new("since-soft", Soft, Deed.SinceStored, Deed.SinceBroughtTags, Deed.SoftRefused),
        new("since-soft-forgotten", SoftForgotten, Deed.SinceStored, Deed.SinceBroughtTags, Deed.SoftRefused),
        new("since-soft-third", SoftThird, Deed.SinceStored, Deed.SinceBroughtTags, Deed.SoftRefused),
        new("since-soft-client", SoftClient, Deed.SinceStored, Deed.SinceBroughtTags),
        new("since-of-dead-silo", DeadSilo, Deed.SinceStored, Deed.SinceSuperseded),
    ];

    private static Step Sets(Process caller, Silo silo) => Do("sets since a moment", () => SinceSets.Begin(caller, Key, silo));

    private static Step ChecksSoft(Process process, int after = 1) => new($"reads {Key}", () => process.ReadSoft(Key, Catalog.P), After: after, IsRead: true);

    private static Step Remembers(Process caller, Silo coordinator) => new("calls", () => caller.Change([Catalog.P], null, coordinator, remember: true));

    private static (Silo Host, Silo Giver) Pair(Stage stage)
    {
        var (host, giver) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.World.Advance(Moment);
        stage.AtOnce = Others;
        return (host, giver);
    }

    /// <summary>A value since a moment of one silo, whose entry is on another, and an update of its tag.</summary>
    private static void Since(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script("R", Reads(host, Key), Checks(host, Key));
    }

    private static void Forgotten(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script("F", Do("forgets", () => giver.Ledger.Forget(giver.Ledger.Stamp())), Do("forgets", () => host.Ledger.Forget(host.Ledger.Stamp())));
        stage.Script("R", Checks(host, Key));
    }

    /// <summary>The update is a third silo's, so that neither knows of it by itself.</summary>
    private static void Third(Stage stage)
    {
        var (host, giver) = Pair(stage);
        var third = stage.Serving();
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Updates(third, third, Catalog.B));
        stage.AtOnce = [.. Others, "moment", "the moment"];
        stage.Script("R", Checks(host, Key));
    }

    /// <summary>The value is made from one that another silo keeps, which the update may not have reached yet.</summary>
    private static void Nested(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Host(Catalog.K0, host);
        stage.Host(Key, giver);
        stage.Warm(host, Key);
        stage.Script("P", Do("sets since a moment", () => SinceSets.BeginNested(giver, Catalog.K0, giver, host, Key)));
        stage.Script("W", Updates(giver, giver, Catalog.B));
        stage.Script("R", Checks(host, Catalog.K0));
    }

    /// <summary>A silo that keeps near what it reads.</summary>
    private static void Near(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Warm(host, Key);
        stage.Warm(giver, Key);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script(giver, Reads(giver, Key), Checks(giver, Key), Checks(giver, Key, after: 2));
    }

    private static void Client(Stage stage)
    {
        var (host, giver) = Pair(stage);
        var client = stage.Client(host);
        stage.Script("P", Sets(client, giver));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script(client, Reads(client, Key), Checks(client, Key), Checks(client, Key, after: 2));
        stage.AtOnce = [.. Others, "push acknowledged"];
    }

    /// <summary>The key is removed through the silo of the moment.</summary>
    private static void Removed(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Do("removes", () => giver.Remove(Key, giver)));
        stage.Script("R", Checks(host, Key), Checks(host, Key, after: 2));
        stage.AtOnce = [.. Others, "remove", "moment", "the moment"];
    }

    private static void Revalidated(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Revalidates(giver, 300));
        stage.Script("R", Checks(host, Key) with { From = TimeSpan.FromMilliseconds(160) }, Checks(host, Key) with { From = TimeSpan.FromMilliseconds(320) });
        (stage.Ticks, stage.Tick) = (2, TimeSpan.FromMilliseconds(160));
        stage.AtOnce = [.. Others, "moment", "the moment", "acknowledges", "batch"];
    }

    /// <summary>Two such sets through different silos, in any order, whose moments differ or not.</summary>
    private static void TwoSets(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("Q", Sets(host, host));
        stage.Script("R", Checks(host, Key), Checks(host, Key, after: 2));
        (stage.Ticks, stage.Tick) = (1, TimeSpan.FromMilliseconds(10));
        stage.AtOnce = [.. Others, "receipt", "acknowledges"];
    }

    /// <summary>A plain set beside it.</summary>
    private static void AndSet(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("Q", Do("sets", () => host.Set(Key, host)));
        stage.Script("R", Checks(host, Key), Checks(host, Key, after: 2));
        stage.AtOnce = [.. Others, "receipt", "acknowledges", "set ended"];
    }

    /// <summary>A remembered update, and a reader who names its tag.</summary>
    private static void Soft(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Remembers(host, host));
        stage.Script("R", ChecksSoft(host, after: 0), ChecksSoft(host));
    }

    private static void SoftForgotten(Stage stage)
    {
        var (host, giver) = Pair(stage);
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Remembers(host, host));
        stage.Script("F", Do("forgets", () => giver.Ledger.ForgetRemembered(giver.Ledger.Stamp())), Do("forgets", host.Entries.ForgetRemembered));
        stage.Script("R", ChecksSoft(host));
    }

    private static void SoftThird(Stage stage)
    {
        var (host, giver) = Pair(stage);
        var third = stage.Serving();
        stage.Script("P", Sets(giver, giver));
        stage.Script("W", Remembers(third, third));
        stage.AtOnce = [.. Others, "moment", "the moment"];
        stage.Script("R", ChecksSoft(host));
    }

    /// <summary>A client keeps what it reads under its soft tag.</summary>
    private static void SoftClient(Stage stage)
    {
        var (host, giver) = Pair(stage);
        var client = stage.Client(host);
        stage.Script("P", Sets(client, giver));
        stage.Script("W", Remembers(giver, giver));
        stage.Script(client, ChecksSoft(client, after: 0), ChecksSoft(client, after: 2));
        stage.AtOnce = [.. Others, "push acknowledged"];
    }

    /// <summary>The silo of the moment is declared dead while it lives, and the update that it does not hear of waits until it cannot serve any more.</summary>
    private static void DeadSilo(Stage stage)
    {
        var (coordinator, owner, dead) = (stage.Serving(), stage.Serving(), stage.Serving());
        stage.Host(Key, owner);
        stage.World.Table.Write(dead.Id, RowStatus.Dead);
        stage.World.Cut(coordinator, dead);
        SinceSets.Begin(dead, Key, dead);
        stage.World.RunAll(heldBack: "begin since");
        TimedConfigurations.Outlasts(stage, coordinator);
        stage.Script("O", Do("renews", owner.Joining.Renew) with { From = TimedConfigurations.Quarter * 3, When = () => stage.World.Time < TimedConfigurations.Quarter * 4 });
        stage.Script("W", Updates(coordinator, coordinator, Catalog.B) with { When = () => stage.World.Time < TimedConfigurations.Quarter });
        stage.Script("R", Checks(owner, Key));
        (stage.Ticks, stage.Tick) = (4, TimedConfigurations.Quarter);
        stage.AtOnce = [.. Others, "read ", "row", "batch", "acknowledges", "token since"];
        stage.WithInstantTable = coordinator;
    }
}
