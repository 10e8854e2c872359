using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about updates of all of several tags: what bears both of two tags is expired, and what bears one of them is not.</summary>
internal static class JointConfigurations
{
    /// <summary>Bears both tags, one of which is only discovered while it is generated.</summary>
    private const string Both = Catalog.K0;

    /// <summary>Bears one of them.</summary>
    private const string One = Catalog.K1;

    public static readonly Configuration[] All =
    [
        new("joint", Generation),
        new("joint-apart", Apart, Deed.EndedByWalk, Deed.LeftAlone),
        new("joint-walk", Walk, Deed.EndedByWalk),
        new("joint-copy", Copy, Deed.EndedByWalk, Deed.EndedNear),
        new("joint-forgotten", stage =>
        {
            Copy(stage);
            HoldConfigurations.Forgets(stage, stage.World.Silos[1]);
        }),
        new("joint-two-updates", CopyTwoUpdates),
        new("joint-near", Near, Deed.EndedNear),
        new("joint-client", Client, Deed.EndedByWalk, Deed.EndedNear),
        new("joint-then-update", ThenUpdate, Deed.EndedNear),
        new("joint-fail-safe", FailSafe, Deed.EndedByWalk),
        new("joint-set", Set, Deed.EndedByWalk, Deed.SetStored),
        new("joint-move", Move, Deed.CopyTakenOver, Deed.CopySuperseded, Deed.EndedByWalk),
        new("joint-standby", Standby, Deed.StandbyRead, Deed.EndedByWalk),
        new("joint-joiner", Joiner),
        new("joint-joiner-copies", JoinerCopies),
    ];

    private static Step UpdatesBoth(Process caller, Silo coordinator) =>
        new("calls", () => caller.Change([Catalog.A, Catalog.B], null, coordinator, TagMatch.All));

    private static (Silo Host, Silo Other) Hosted(Stage stage, string key = Both)
    {
        stage.World.HasJoint = true;
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(key, host);
        return (host, other);
    }

    /// <summary>One silo: a generation with a late tag, a joiner, an update of both its tags, and knowledge that is forgotten.</summary>
    private static void Generation(Stage stage)
    {
        stage.World.HasJoint = true;
        var silo = stage.Serving();
        stage.Host(Both, silo);
        stage.Script(silo, Reads(silo, Both), Checks(silo, Both));
        stage.Script(silo, Checks(silo, Both));
        stage.Script("W", UpdatesBoth(silo, silo));
        HoldConfigurations.Forgets(stage, silo);
        stage.AtOnce = ["queues"];
    }

    /// <summary>What bears one of the tags stays everywhere: on the silo that hosts it, in the near cache of another, and in a client; a revalidation of the tag is noticed all the same.</summary>
    private static void Apart(Stage stage)
    {
        var (host, other) = Hosted(stage, One);
        stage.Host(Both, host);
        var client = stage.Client(host);
        foreach (var process in new Process[] { host, other, client })
        {
            stage.Warm(process, One);
            stage.Warm(process, Both);
        }

        stage.World.Untouched.Add(One);
        stage.Script("W", UpdatesBoth(other, other));
        stage.Script(client, Checks(client, One));
        stage.Script(host, Checks(host, One), Checks(host, Both));
        stage.Script(other, Checks(other, One), Checks(other, Both));
        stage.AtOnce = ["change", "acquire", "answer", "factory", "commit", "receipt", "acknowledges", "queues"];
    }

    /// <summary>A generation is committed while the walk goes by.</summary>
    private static void Walk(Stage stage)
    {
        stage.World.HasJoint = true;
        var silo = stage.Serving();
        stage.Host(Both, silo);
        stage.Host(One, silo);
        stage.Script(silo, Reads(silo, Both), Checks(silo, Both));
        stage.Script("W", UpdatesBoth(silo, silo));
        stage.Interruptions = 5;
        stage.AtOnce = ["queues", "change", "acquire", "answer"];
        stage.Warm(silo, Both);
        silo.Entries.Evict(Both);
        Keeps(stage, silo);
    }

    /// <summary>Something else that bears both tags, so that there is something to walk for.</summary>
    private static void Keeps(Stage stage, Silo silo)
    {
        stage.Host(Catalog.K2, silo);
        stage.Warm(silo, Catalog.K2);
        stage.Warm(silo, One);
    }

    /// <summary>A near cache copies an entry of another silo while both its tags are updated.</summary>
    private static void Copy(Stage stage)
    {
        var (host, near) = Hosted(stage);
        stage.Warm(host, Both);
        stage.Script(near, Reads(near, Both), Checks(near, Both));
        stage.Script("W", UpdatesBoth(host, near));
        stage.AtOnce = ["change", "factory", "commit", "queues", "visits"];
    }

    /// <summary>A near cache copies an entry while a second update of its tags begins and the first one is settled.</summary>
    private static void CopyTwoUpdates(Stage stage)
    {
        var (host, near) = Hosted(stage);
        stage.Warm(host, Both);
        host.Change([Catalog.A, Catalog.B], null, near, TagMatch.All);
        stage.World.RunAll(heldBack: "acknowledges");
        host.Read(Both);
        stage.World.RunAll(heldBack: "acknowledges");
        stage.Script(near, Reads(near, Both), Checks(near, Both, after: 2));
        stage.Script("W", UpdatesBoth(host, near));
        stage.AtOnce = ["queues", "change", "commit", "factory", "visits"];
    }

    /// <summary>The walk goes by while a near cache stores a value.</summary>
    private static void Near(Stage stage)
    {
        var (host, _) = Hosted(stage);
        stage.Warm(host, Both);
        var client = stage.Client(host);
        stage.Script(client, Reads(client, Both), Checks(client, Both));
        stage.Script("W", UpdatesBoth(host, host));
        stage.Interruptions = 3;
        stage.AtOnce = ["queues", "change", "acquire", "factory", "commit", "receipt", "acknowledges", "visits", "walks", "batch"];
    }

    /// <summary>A client reads an entry, and keeps it, while both its tags are updated.</summary>
    private static void Client(Stage stage)
    {
        var (host, coordinator) = Hosted(stage);
        stage.Warm(host, Both);
        var client = stage.Client(host);
        stage.Script(client, Reads(client, Both), Checks(client, Both));
        stage.Script("W", UpdatesBoth(coordinator, coordinator));
        stage.Interruptions = 1;
        stage.AtOnce = ["change", "factory", "commit", "push acknowledged", "receipt", "acknowledges", "batch"];
    }

    /// <summary>What a client keeps of one of the tags it is told of when that tag is updated afterwards.</summary>
    private static void ThenUpdate(Stage stage)
    {
        var (host, _) = Hosted(stage, One);
        stage.Host(Both, host);
        var client = stage.Client(host);
        stage.Warm(client, One);
        stage.Warm(client, Both);
        stage.Script("W", UpdatesBoth(host, host), Updates(host, host, Catalog.B) with { After = 1 });
        stage.Script(client, Checks(client, One, after: 2), Checks(client, Both, after: 2));
        stage.AtOnce = ["queues", "change", "acquire", "answer", "commit", "factory", "batch", "receipt", "acknowledges", "visits"];
    }

    /// <summary>A value past its life, whose factory fails, and an update of both its tags.</summary>
    private static void FailSafe(Stage stage)
    {
        var (host, near) = Hosted(stage);
        stage.World.Lifetimes[Both] = Lifetime.OfMilliseconds(fresh: 100, whole: 100, failSafe: 10_000);
        stage.Warm(host, Both);
        stage.World.Fates = [Fate.Fails, Fate.IsSlow];
        stage.Script(near, Reads(near, Both), Checks(near, Both));
        stage.Script("W", UpdatesBoth(host, host));
        (stage.Ticks, stage.Tick) = (1, TimeSpan.FromMilliseconds(130));
        stage.AtOnce = ["queues", "change", "batch", "receipt", "acknowledges", "visits", "acquire"];
    }

    /// <summary>A plain set of a value that bears both tags, whose call, token and value come at any time.</summary>
    private static void Set(Stage stage)
    {
        stage.World.HasJoint = true;
        var host = stage.Serving();
        stage.Host(Both, host);
        stage.World.Advance(TimeSpan.FromMilliseconds(1));
        stage.Script(host, Do("sets", () => host.Set(Both, host)));
        stage.Script(host, Checks(host, Both));
        stage.Script("W", UpdatesBoth(host, host));
        stage.Interruptions = 1;
        (stage.Ticks, stage.Tick) = (1, TimeSpan.FromMilliseconds(1));
        stage.AtOnce = ["queues", "change", "answer", "factory", "commit", "set ended", "acquire"];
    }

    /// <summary>A value moves while both its tags are updated, and the new owner is read.</summary>
    private static void Move(Stage stage)
    {
        var (former, owner) = Hosted(stage);
        stage.Warm(former, Both);
        stage.Host(Both, owner);
        stage.Script("M", Do($"sends it to {owner}", () => former.Moving.Send(Both, owner, drops: true)));
        stage.Script("W", UpdatesBoth(former, owner));
        stage.Script(owner, Checks(owner, Both));
        stage.AtOnce = ["queues", "change", "commit", "factory", "acquire", "answer"];
    }

    /// <summary>A reader asks the standby beside the silent owner, before and after an update of both tags.</summary>
    private static void Standby(Stage stage)
    {
        var (owner, standby) = Hosted(stage);
        var client = stage.Client();
        stage.Warm(owner, Both);
        owner.Moving.Send(Both, standby, drops: false, isForStandby: true);
        stage.World.RunAll();
        stage.World.Standbys[Both] = standby;
        stage.Script("W", UpdatesBoth(owner, owner));
        stage.Script(client, Reads(client, Both), Checks(client, Both));
        stage.AtOnce = ["queues", "change", "commit", "factory", "receipt", "acknowledges", "visits"];
    }

    /// <summary>A silo joins one that serves, while there is such an update: it need not be told of it.</summary>
    private static void Joiner(Stage stage)
    {
        stage.World.HasJoint = true;
        var (serving, joiner) = (stage.Serving(), stage.New());
        stage.Host(Both, joiner);
        stage.Script(joiner, Do("renews", joiner.Joining.Renew), Do("joins", joiner.Joining.TryJoin));
        stage.Script(joiner, Reads(joiner, Both), Checks(joiner, Both));
        stage.Script("W", UpdatesBoth(serving, serving));
        stage.AtOnce = ["queues", "row", "visits", "walks"];
    }

    /// <summary>A silo joins while such an update is on its way to a third one, and copies an entry of that one.</summary>
    private static void JoinerCopies(Stage stage)
    {
        stage.World.HasJoint = true;
        var (coordinator, host, joiner) = (stage.Serving(), stage.Serving(), stage.New());
        stage.Host(Both, host);
        stage.Warm(host, Both);
        stage.Script(joiner, Do("renews", joiner.Joining.Renew), Do("joins", joiner.Joining.TryJoin));
        stage.Script(joiner, Reads(joiner, Both), Checks(joiner, Both));
        stage.Script("W", UpdatesBoth(coordinator, coordinator));
        stage.AtOnce = ["queues", "read ", "row", "hello again", "factory", "bypassing", "commit", "change", "visits", "walks"];
    }
}
