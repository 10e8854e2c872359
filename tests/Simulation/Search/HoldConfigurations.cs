using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about changes of the source under a hold: nobody comes or goes.</summary>
internal static class HoldConfigurations
{
    private const string Key = Catalog.K1;

    /// <summary>Longer than any of these runs.</summary>
    internal static readonly TimeSpan Long = TimeSpan.FromMilliseconds(3_000);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    public static readonly Configuration[] All =
    [
        new("hold", Hold, Deed.CommittedWhileHeld, Deed.GenerationHeldBack, Deed.ToldHeld),
        new("hold-forgotten", HoldForgotten, Deed.CommittedWhileHeld, Deed.GenerationHeldBack),
        new("hold-set", HoldAndSet, Deed.CommittedWhileHeld, Deed.SetHeldBack, Deed.SetStored),
        new("hold-copy", HoldAndCopy, Deed.CommittedWhileHeld, Deed.ToldHeld),
        new("hold-lost", stage =>
        {
            HoldAndCopy(stage);
            stage.Losses = 1;
            stage.AtOnce = ["queues", "commit", "factory", "answer", "was held", "has lapsed", "change"];
        }, Deed.CommittedWhileHeld),
        new("hold-repeated", stage =>
        {
            HoldAndCopy(stage);
            stage.Repeats = 1;
            stage.AtOnce = ["queues", "commit", "factory", "answer", "was held", "has lapsed", "change", "receipt"];
        }, Deed.CommittedWhileHeld, Deed.UnknownHoldReleased),
        new("hold-near", HoldAndNear, Deed.CommittedWhileHeld, Deed.HeldBackNear),
        new("hold-move", HoldAndMove, Deed.CommittedWhileHeld, Deed.CopyTakenOver, Deed.CopySuperseded),
        new("hold-client", HoldAndClient, Deed.CommittedWhileHeld, Deed.GenerationHeldBack),
        new("hold-bypass", HoldInBypass, Deed.CommittedWhileHeld),
        new("two-holds", TwoHolds, Deed.CommittedWhileHeld, Deed.GenerationHeldBack),
        new("hold-and-update", HoldAndUpdate, Deed.CommittedWhileHeld, Deed.GenerationHeldBack),
        new("hold-given-up", HoldGivenUp, Deed.HoldGivenUp, Deed.CommittedWhileHeld),
    ];

    /// <summary>A process that is about to take a hold.</summary>
    internal static (Process Process, Holder Holder) HolderOf(Stage stage, TimeSpan? atMost = null)
    {
        var process = stage.Client();
        var holder = new Holder(process, [Catalog.B], atMost ?? Long);
        process.Holders.Add(holder);
        return (process, holder);
    }

    internal static Step Takes(Holder holder, Silo coordinator) => Do("calls", () => holder.Take(coordinator));

    internal static Step Commits(Holder holder) => Do("commits", holder.Commit) with { When = () => holder.IsHeld };

    internal static Step Releases(Holder holder, Silo through) => Do("ends its hold", () => holder.Release(through)) with { When = () => holder.Id is not null };

    /// <summary>The whole of it, any time in between.</summary>
    internal static void Transaction(Stage stage, Silo coordinator, Silo through, TimeSpan? atMost = null)
    {
        var (process, holder) = HolderOf(stage, atMost);
        stage.Script(process, Takes(holder, coordinator), Commits(holder), Releases(holder, through));
    }

    internal static void Forgets(Stage stage, Silo silo) => stage.Script("F", Do("forgets", () => silo.Ledger.Forget(silo.Ledger.Stamp())));

    /// <summary>One silo: a generation with a late tag that is held, a reader who joins it, and records that are forgotten.</summary>
    private static void Hold(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Catalog.K0, host);
        Transaction(stage, host, host);
        stage.Script(host, Reads(host, Catalog.K0), Checks(host, Catalog.K0));
        stage.Script(host, Checks(host, Catalog.K0));
        stage.AtOnce = ["queues", "take hold", "hold is had", "was held", "acquire"];
    }

    /// <summary>What is not stored refers to the record of a held tag for a moment; then that is forgotten, or would be.</summary>
    private static void HoldForgotten(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        Transaction(stage, host, host);
        stage.Script(host, Reads(host, Key), Reads(host, Key), Checks(host, Key));
        Forgets(stage, host);
        stage.AtOnce = ["queues", "take hold", "hold is had", "was held", "acquire", "answer", "factory"];
    }

    /// <summary>A plain set of a value whose tag is held: its call, its token and its value come at any time.</summary>
    private static void HoldAndSet(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        Transaction(stage, host, host);
        stage.Script(host, Do("sets", () => host.Set(Key, host)));
        stage.Script(host, Checks(host, Key));
        (stage.Ticks, stage.Tick) = (2, Moment);
        stage.AtOnce = ["queues", "take hold", "hold is had", "was held", "acquire", "answer", "factory", "commit", "set ended", "token of the set"];
    }

    /// <summary>A near cache copies a held entry of another silo, which hears of the hold later.</summary>
    private static void HoldAndCopy(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        Transaction(stage, near, host);
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "commit", "factory", "was held", "receipt"];
    }

    /// <summary>A silo that holds generates a value whose own silo has not heard of the hold yet, and stores it.</summary>
    private static void HoldAndNear(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        Transaction(stage, near, near);
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "was held", "receipt"];
    }

    /// <summary>A value moves while its tag is held.</summary>
    private static void HoldAndMove(Stage stage)
    {
        var (former, owner) = (stage.Serving(), stage.Serving());
        stage.Host(Key, former);
        stage.Warm(former, Key);
        stage.Host(Key, owner);
        Transaction(stage, owner, former);
        stage.Script("M", Do($"sends {Key} to {owner}", () => former.Moving.Send(Key, owner, drops: true)));
        stage.Script(owner, Checks(owner, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "commit", "factory", "acquire", "answer", "was held", "receipt"];
    }

    /// <summary>A client keeps an entry near: its session is pushed to when the hold begins, and nothing is kept while it is held.</summary>
    private static void HoldAndClient(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        Transaction(stage, coordinator, coordinator);
        stage.Script(client, Reads(client, Key), Checks(client, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "factory", "was held", "push acknowledged", "receipt", "acknowledges"];
    }

    /// <summary>A silo that does not serve hosts the entry: readers run their factories.</summary>
    private static void HoldInBypass(Stage stage)
    {
        var (serving, joining) = (stage.Serving(), stage.New());
        stage.Host(Key, joining);
        Transaction(stage, serving, serving);
        stage.Script(serving, Reads(serving, Key));
        stage.Script(serving, Checks(serving, Key));
    }

    /// <summary>Two holds of one tag: the end of one leaves the other held.</summary>
    private static void TwoHolds(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        Transaction(stage, host, host);
        Transaction(stage, host, host);
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "was held", "acquire", "answer"];
    }

    /// <summary>A tag is updated while it is held.</summary>
    private static void HoldAndUpdate(Stage stage)
    {
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        Transaction(stage, host, other);
        stage.Script("W", Updates(other, other, Catalog.B));
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.AtOnce = ["queues", "change", "batch", "factory", "hold", "was held", "acquire", "answer", "receipt", "acknowledges"];
    }

    /// <summary>A hold that a member does not acknowledge in time is given up, and its holder takes another one.</summary>
    private static void HoldGivenUp(Stage stage)
    {
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var (process, holder) = HolderOf(stage);
        stage.Script(process, Takes(holder, other), Takes(holder, other), Commits(holder), Releases(holder, host));
        stage.Script("P", Do("has no patience", other.Fanout.GiveUpAll));
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "no hold", "release", "was held", "has lapsed", "change", "acquire", "answer", "receipt", "factory"];
    }
}
