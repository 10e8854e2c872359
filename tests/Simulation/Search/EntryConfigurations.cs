using OrleansTagCache.Simulation.Nodes;
using static OrleansTagCache.Simulation.Search.Configurations;

namespace OrleansTagCache.Simulation.Search;

/// <summary>Small configurations about what becomes of an entry: evicted while it is read, retired with or without its tokens, set over another set.</summary>
internal static class EntryConfigurations
{
    private const string Key = Catalog.K1;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    public static readonly Configuration[] All =
    [
        new("retired-slot", RetiredSlot),
        new("dropped-token", DroppedToken),
        new("waiting", Waiting),
        new("same-token", SameToken),
        new("evicted-read", EvictedRead),
        new("evicted-copy", EvictedCopy),
        new("removed-copy", RemovedCopy),
        new("removed-in-flight", RemovedInFlight),
        new("two-sets", TwoSets),
        new("set-removed", SetRemoved),
        new("fail-safe", FailSafe),
    ];

    /// <summary>A reader has found the key's slot, and a removal, which leaves it empty, has it retired first.</summary>
    private static void RetiredSlot(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.Script("W", Do("removes", () => host.Remove(Key, host)));
        stage.Script("S", Do("sweeps", host.Entries.Sweep));
        stage.Interruptions = 2;
    }

    /// <summary>A slot is dropped with its token, an update follows, and the next reader's token is out when the first one's value comes.</summary>
    private static void DroppedToken(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Script(host, Reads(host, Key));
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script("S", Do("retires the slot", () => host.Entries.Retire(Key)));
        stage.AtOnce = ["queues", "change", "batch", "receipt", "acknowledges"];
    }

    /// <summary>A reader waits for the generation of another process, and an update comes in between.</summary>
    private static void Waiting(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.World.Wait = Terms.Patience;
        stage.Script(host, Reads(host, Key));
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script("S", Do("retires the slot", () => host.Entries.Retire(Key)));
        stage.AtOnce = ["queues", "change", "batch", "receipt", "acknowledges"];
    }

    /// <summary>A question or its answer comes twice: two callers generate under one token.</summary>
    private static void SameToken(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.World.HasTwins = true;
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Repeats = 1;
        stage.AtOnce = ["queues", "change", "batch", "receipt", "acknowledges"];
    }

    /// <summary>A value is evicted while a client is given it, and with it the knowledge of its tags; an update follows.</summary>
    private static void EvictedRead(Stage stage)
    {
        var host = stage.Serving();
        stage.Host(Key, host);
        stage.Warm(host, Key);
        var client = stage.Client(host);
        stage.Script(client, Reads(client, Key), Checks(client, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        stage.Script("E", Do("evicts", () => host.Entries.Evict(Key)));
        stage.Interruptions = 2;
        stage.AtOnce = ["queues", "change", "acquire", "answer", "factory", "commit", "push ack"];
    }

    /// <summary>A dead copy of a key that is removed is evicted, and while its slot goes, the answer comes to a question from before the removal.</summary>
    private static void EvictedCopy(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(near, Key);
        near.Change([Catalog.B], null, host);
        stage.World.RunAll();
        stage.Warm(host, Key);
        near.Read(Key);
        stage.World.RunAll(heldBack: "answer");
        stage.Script("W", Do("removes", () => near.Remove(Key, near)));
        stage.Script("E", Do("evicts its copy", () => near.Evict(Key)));
        stage.Script(near, Checks(near, Key, after: 2));
        stage.Interruptions = 1;
        stage.AtOnce = ["queues", "remove", "acquire", "factory", "commit"];
    }

    /// <summary>
    /// A key is removed through one silo while another one has its value, and the first one's own copy and slot go while the update is open: it must not
    /// copy the old value once more.
    /// </summary>
    private static void RemovedCopy(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Warm(host, Key);
        stage.Warm(near, Key);
        stage.Script(near, Do("evicts its copy", () => near.Evict(Key)), Reads(near, Key), Checks(near, Key));
        stage.Script("W", Do("removes", () => near.Remove(Key, near)));
        stage.Script("F", Do("forgets", () => near.Ledger.Forget(near.Ledger.Stamp())), Do("retires the slot", () => near.Entries.Retire(Key)));
        stage.AtOnce = ["queues", "remove", "factory", "commit"];
    }

    /// <summary>A key is removed while its value is generated, when no slot keeps a value of it, and what is known of that may be forgotten before the value comes.</summary>
    private static void RemovedInFlight(Stage stage)
    {
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.Script(host, Reads(host, Key), Checks(host, Key));
        stage.Script("W", Do("removes", () => other.Remove(Key, other)));
        stage.Script("F", Do("forgets", () => host.Ledger.Forget(host.Ledger.Stamp())));
        stage.AtOnce = ["queues", "remove", "receipt", "acknowledges"];
    }

    /// <summary>A set of a value that is older than the one there: it carries that over its own expiry of the key, and over no other.</summary>
    private static void TwoSets(Stage stage)
    {
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.World.Advance(Moment);
        host.Set(Key, host);
        stage.World.RunAll(heldBack: "set of S0");
        stage.World.Advance(Moment);
        other.Set(Key, host);
        stage.World.RunAll(heldBack: "set of S0");
        stage.Script("R", Do("removes", () => other.Remove(Key, other)) with { After = 1 });
        stage.Script(host, Checks(host, Key, after: 2));
        stage.Interruptions = 1;
        stage.AtOnce = ["queues", "remove", "receipt", "acknowledges", "answer", "factory", "commit"];
    }

    /// <summary>A value that was set, and is stale since, is removed through another silo.</summary>
    private static void SetRemoved(Stage stage)
    {
        var (host, other) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.World.Advance(Moment);
        stage.Script("A", Do("sets", () => host.Set(Key, host)));
        stage.Script("R", Revalidates(host, 900) with { After = 1 }, Do("removes", () => other.Remove(Key, other)) with { After = 2 });
        stage.Script(host, Checks(host, Key, after: 3));
        stage.AtOnce = ["queues", "change"];
    }

    /// <summary>A value past its life, whose factory fails, and an update.</summary>
    private static void FailSafe(Stage stage)
    {
        var (host, near) = (stage.Serving(), stage.Serving());
        stage.Host(Key, host);
        stage.World.Lifetimes[Key] = Lifetime.OfMilliseconds(fresh: 100, whole: 100, failSafe: 10_000);
        stage.Warm(host, Key);
        stage.World.Fates = [Fate.Fails, Fate.IsSlow];
        stage.Script(near, Reads(near, Key), Checks(near, Key));
        stage.Script("W", Updates(host, host, Catalog.B));
        (stage.Ticks, stage.Tick) = (1, TimeSpan.FromMilliseconds(130));
        stage.AtOnce = ["queues", "change", "batch", "receipt", "acknowledges"];
    }
}
