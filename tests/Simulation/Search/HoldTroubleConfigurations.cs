using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;
using static OrleansTagCache.Simulation.Search.HoldConfigurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about holds whose time passes, and about holders, coordinators and members that die, join and leave while tags are held.</summary>
internal static class HoldTroubleConfigurations
{
    private const string Key = Catalog.K1;

    /// <summary>The holder counts 495 ms, each member 555 ms: after two quarters it is over for the one, after three for the others.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Quarter = TimedConfigurations.Quarter;

    /// <summary>It outlasts a serving lease by any clock.</summary>
    private static readonly TimeSpan Whole = Quarter * 4;

    public static readonly Configuration[] All =
    [
        new("hold-over", HoldOver, Deed.CommittedWhileHeld, Deed.HoldEndedByItself, Deed.ToldLapsed),
        new("hold-arrives-late", HoldArrivesLate, Deed.HoldEndedByItself, Deed.ToldLapsed),
        new("hold-by-another-clock", HoldByAnotherClock, Deed.CommittedWhileHeld),
        new("hold-of-dead-coordinator", HoldOfDeadCoordinator, Deed.CommittedWhileHeld, Deed.ToldHeld),
        new("hold-of-condemned", HoldOfCondemned, Deed.CommittedWhileHeld),
        new("hold-joiner", HoldJoiner, Deed.CommittedWhileHeld, Deed.HoldAdopted),
        new("hold-unheard-of", HoldUnheardOf, Deed.CommittedWhileHeld, Deed.HoldAdopted),
        new("hold-met-while-joining", HoldMetWhileJoining, Deed.CommittedWhileHeld, Deed.HoldAdopted),
        new("hold-adopted", HoldAdopted, Deed.HoldAdopted, Deed.ToldLapsed),
        new("hold-leaver", HoldLeaver, Deed.CommittedWhileHeld),
    ];

    private static bool IsHelloAgain(Pending pending) => pending.Text.StartsWith("hello again", StringComparison.Ordinal);

    private static void EndsOverdue(Stage stage, params Silo[] silos) =>
        Array.ForEach(silos, silo => stage.Script(silo, Do("ends what is over", silo.Holding.EndOverdue) with { From = Quarter * 2 }));

    private static void Dies(Stage stage, Silo silo, Action? then = null) => stage.Script("T", Do($"{silo} dies", () =>
    {
        stage.World.Table.Write(silo.Id, RowStatus.Dead);
        silo.Crash();
        then?.Invoke();
    }));

    /// <summary>A joiner that has waited goes on, with a lease; and others keep theirs.</summary>
    private static void GoesOn(Stage stage, Silo joiner, params Silo[] others) => stage.Script(joiner, Do("goes on joining", () =>
    {
        Array.ForEach([joiner, .. others], silo => silo.Joining.Renew());
        joiner.Joining.TryJoin();
    }) with
    { From = Whole });

    /// <summary>A hold that is asked for twice, whose answer is late, and whose time passes before it is released.</summary>
    private static void HoldOver(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        var (process, holder) = HolderOf(stage, Short);
        stage.Script(process, Takes(holder, host), Commits(holder), Releases(holder, host));
        stage.Script("Q", Takes(holder, host) with { From = Quarter });
        EndsOverdue(stage, host);
        stage.Script(host, Reads(host, Key) with { From = Quarter * 2 }, Checks(host, Key));
        (stage.Ticks, stage.Tick) = (3, Quarter);
        stage.AtOnce = ["queues", "take hold", "release", "commit", "acquire", "answer", "factory", "has lapsed", "was held", "change"];
    }

    /// <summary>A member hears of a hold later than its coordinator, and holds longer; the holder is frozen between its look and its commit.</summary>
    private static void HoldArrivesLate(Stage stage)
    {
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        var (process, holder) = HolderOf(stage, Short);
        stage.Script(
            process,
            Takes(holder, host),
            Do("looks", () => { }) with { When = () => holder.IsHeld },
            Do("commits", holder.Commit) with { From = Quarter * 2 },
            Releases(holder, other));
        EndsOverdue(stage, host);
        stage.Script(host, Reads(host, Key) with { From = Quarter * 2 }, Reads(host, Key));
        (stage.Ticks, stage.Tick) = (3, Quarter);
        stage.AtOnce = ["queues", "take hold", "hold is had", "acquire", "answer", "factory", "commit", "receipt", "change"];
    }

    /// <summary>A member whose clock is far ahead of its coordinator's.</summary>
    private static void HoldByAnotherClock(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving(ahead: TimeSpan.FromSeconds(100)));
        stage.Host(Key, host);
        Transaction(stage, coordinator, host);
        stage.Script(host, Do("ends what is over", host.Holding.EndOverdue));
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "acquire", "answer", "receipt", "was held", "change"];
    }

    /// <summary>The coordinator dies while its hold is held.</summary>
    private static void HoldOfDeadCoordinator(Stage stage)
    {
        var (coordinator, host) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        Transaction(stage, coordinator, host);
        Dies(stage, coordinator);
        stage.Script(host, Do("watches", host.Joining.Watch));
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.AtOnce = ["queues", "acquire", "answer", "receipt", "was held", "change", "read ", "row"];
    }

    /// <summary>A member that is cut off was declared dead, and serves its own reader for as long as its lease lets it.</summary>
    private static void HoldOfCondemned(Stage stage)
    {
        var (coordinator, dead) = (stage.Serving(), stage.Serving());
        stage.Host(Key, dead);
        stage.Warm(dead, Key);
        stage.Script("T", Do("declares S1 dead", () => stage.World.Table.Write(dead.Id, RowStatus.Dead)));
        TimedConfigurations.Outlasts(stage, coordinator);
        stage.Script(dead, Do("renews", dead.Joining.Renew), Checks(dead, Key));
        Transaction(stage, coordinator, coordinator);
        (stage.Ticks, stage.Tick) = (4, Quarter);
        stage.AtOnce = ["queues", "take hold", "hold is had", "acquire", "answer", "release", "was held", "has lapsed", "change"];
        stage.WithInstantTable = coordinator;
        stage.World.Cut(coordinator, dead);
    }

    /// <summary>A silo joins one that serves, before, while and after that one holds, and makes a value as soon as it may.</summary>
    private static void HoldJoiner(Stage stage)
    {
        var (serving, joiner) = (stage.Serving(), stage.New());
        stage.Host(Key, joiner);
        joiner.Joining.Renew();
        stage.World.RunAll();
        stage.Script(joiner, Do("joins", joiner.Joining.TryJoin), Do("ends what is over", joiner.Holding.EndOverdue));
        stage.Script(joiner, Reads(joiner, Key), Checks(joiner, Key));
        Transaction(stage, serving, joiner);
        (stage.Ticks, stage.Tick) = (1, TimeSpan.FromMilliseconds(60));
        stage.AtOnce = ["queues", "take hold", "hold is had", "release", "read ", "row", "acquire", "answer", "commit", "factory", "bypassing", "receipt", "acknowledges", "was held", "has lapsed", "change"];
    }

    /// <summary>A silo that was declared dead has a hold that the joiner cannot hear of from it, only from a third one, which may have greeted the joiner before.</summary>
    private static void HoldUnheardOf(Stage stage)
    {
        var (dead, member, joiner) = (stage.Serving(), stage.Serving(), stage.New());
        stage.Host(Key, joiner);
        stage.World.Table.Write(dead.Id, RowStatus.Dead);
        stage.World.Cut(dead, joiner);
        stage.Script(
            joiner,
            Do("renews", joiner.Joining.Renew),
            Do("joins", joiner.Joining.TryJoin),
            Do("renews", joiner.Joining.Renew) with { From = Whole },
            Do("joins", joiner.Joining.TryJoin) with { From = Whole });
        stage.Script(joiner, Reads(joiner, Key) with { From = Whole }, Checks(joiner, Key));
        var (process, holder) = HolderOf(stage);
        stage.Script(process, Takes(holder, dead), Commits(holder) with { From = Whole });
        (stage.Ticks, stage.Tick) = (1, Whole);
        stage.AtOnce = ["queues", "read ", "row", "acquire", "answer", "commit", "factory", "bypassing", "take hold", "hold is had", "receipt", "was held", "has lapsed", "change"];
    }

    /// <summary>A silo joins between the beginning of a hold and its return, and the coordinator is declared dead before it has answered the joiner twice.</summary>
    private static void HoldMetWhileJoining(Stage stage)
    {
        var (dead, member, joiner) = (stage.Serving(), stage.Serving(), stage.New());
        stage.Host(Key, joiner);
        var (process, holder) = HolderOf(stage);
        holder.Take(dead);
        stage.World.RunAll(heldBack: "batch");
        joiner.Joining.Renew();
        joiner.Joining.TryJoin();
        stage.World.RunAll(pending => IsHelloAgain(pending) || pending.Text.StartsWith("batch", StringComparison.Ordinal));
        stage.World.Lose(stage.World.Pending.Single(pending => IsHelloAgain(pending) && pending.At == dead));
        stage.World.Table.Write(dead.Id, RowStatus.Dead);
        joiner.Joining.Watch();
        stage.Script(process, Commits(holder) with { From = Whole });
        GoesOn(stage, joiner);
        stage.Script(joiner, Reads(joiner, Key) with { From = Whole }, Checks(joiner, Key));
        (stage.Ticks, stage.Tick) = (1, Whole);
        stage.AtOnce = ["queues", "read ", "row", "acquire", "answer", "commit", "factory", "bypassing", "hello again answered", "hold is had", "no hold", "receipt", "acknowledges"];
    }

    /// <summary>Two silos join, and hear of a hold from one that dies: the one perhaps, the other not. What the first holds does not speak for the second.</summary>
    private static void HoldAdopted(Stage stage)
    {
        var (dead, first, second) = (stage.Serving(), stage.New(), stage.New());
        stage.Host(Key, second);
        var (process, holder) = HolderOf(stage);
        holder.Take(dead);
        first.Joining.Renew();
        second.Joining.Renew();
        first.Joining.TryJoin();
        second.Joining.TryJoin();
        stage.World.RunAll(pending => pending.At == dead && IsHelloAgain(pending));
        stage.World.Cut(dead, second);
        Dies(stage, dead, then: second.Joining.Watch);
        stage.Script(process, Do("commits and ends its hold", () =>
        {
            holder.Commit();
            holder.Release(first);
        }) with
        { From = Whole });
        GoesOn(stage, second, first);
        stage.Script(second, Reads(second, Key) with { From = Whole }, Reads(second, Key));
        (stage.Ticks, stage.Tick) = (1, Whole);
        stage.AtOnce = ["queues", "read ", "row", "acquire", "answer", "commit", "factory", "bypassing", "hello again answered", "receipt", "acknowledges", "release", "change"];
    }

    /// <summary>A member leaves while it holds, and a client keeps its entries.</summary>
    private static void HoldLeaver(Stage stage)
    {
        var (coordinator, leaver) = (stage.Serving(), stage.Serving());
        stage.Host(Key, leaver);
        var client = stage.Client(leaver);
        stage.Warm(client, Key);
        stage.Script(leaver, Do("leaves", leaver.Joining.Leave));
        Transaction(stage, coordinator, leaver);
        stage.Script(client, Checks(client, Key));
        stage.AtOnce = ["queues", "take hold", "hold is had", "release", "was held", "has lapsed", "change", "receipt"];
    }
}
