using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A moment that a silo gave.</summary>
/// <param name="At">When, by its clock.</param>
/// <param name="Stamp">Its ledger's clock, read before.</param>
/// <param name="Time">When it was.</param>
internal sealed record GivenMoment(Moment At, Stamp Stamp, TimeSpan Time);

/// <summary>Sets of values that were made after a moment: the caller asks a silo for the moment, makes the value, and gives it to that silo, which makes both trips to the entry and looks in between what was updated since.</summary>
internal static class SinceSets
{
    /// <summary>Messages need no time here. A moment that comes back needs some: a value as old as nothing has no age at which it is stale.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMicroseconds(100);

    public static void Begin(Process caller, string key, Silo silo) => Ask(caller, silo, moment =>
    {
        var value = caller.Generate(key);
        caller.World.Run(caller, "made since a moment", () => Put(caller, silo, moment, value));
    });

    /// <summary>The value is made from what another process keeps of another key with the same first tag; where it keeps nothing, no value is made.</summary>
    public static void BeginNested(Process caller, string key, Silo silo, Process reader, string innerKey) => Ask(caller, silo, moment => caller.Send(reader, "inner read", () =>
    {
        if (reader.Hit(innerKey) is not var (inner, isStale) || isStale)
        {
            return;
        }

        reader.World.Note(reader, $"has {inner}");
        reader.Send(caller, "inner value", () =>
        {
            var value = caller.Generate(key);
            value.Versions[0] = Math.Min(value.Versions[0], inner.Versions[0]);
            caller.World.Did(Deed.SinceNested);
            Put(caller, silo, moment, value);
        });
    }));

    private static void Ask(Process caller, Silo silo, Action<GivenMoment> then) => caller.Send(silo, "moment", () =>
    {
        // The clock of the ledger first: what is applied in between counts as updated since.
        var stamp = silo.Ledger.Stamp();
        caller.World.Interleave(silo);
        var moment = new GivenMoment(silo.Now + -OnItsWay, stamp, caller.World.Time);
        caller.World.Note(silo, $"gives a moment at clock {stamp.Value}");
        silo.Send(caller, "the moment", () => then(moment));
    });

    private static void Put(Process caller, Silo silo, GivenMoment moment, Value value)
    {
        var change = caller.World.Checker.BeginSince(value, moment.Time);
        caller.World.Note(caller, $"sets {value} since a moment of {silo}");
        caller.Send(silo, "put since", () => BeginTrips(silo, moment, value, (status, isComplete) => silo.Send(caller, "put since ended", () =>
        {
            caller.World.Checker.Ended(value);
            caller.Returned(change, isComplete && status == CommitStatus.Stored);
        })));
    }

    private static void BeginTrips(Silo silo, GivenMoment moment, Value value, Action<CommitStatus, bool> reply)
    {
        var host = silo.World.Hosts[value.Key];
        var data = silo.World.LifetimeOf(value.Key).DataOf(value);
        var sentAt = silo.Now;
        if (Mutants.Is(Mutant.SinceJudgedBeforeToken))
        {
            if (Judge(silo, moment, value.Key, data) is { } early)
            {
                silo.Send(host, "begin since", () => host.Entries.BeginSet(value.Key, token => host.Send(silo, "token since", () => SendValue(silo, host, token, moment, sentAt, value.Key, early, reply))));
            }

            return;
        }

        silo.Send(host, "begin since", () => host.Entries.BeginSet(value.Key, token => host.Send(silo, "token since", () =>
        {
            if (!silo.IsServing && !Mutants.Is(Mutant.SinceJudgedWithoutLease))
            {
                return;
            }

            if (Judge(silo, moment, value.Key, data) is { } judged)
            {
                SendValue(silo, host, token, moment, sentAt, value.Key, judged, reply);
            }
            else
            {
                silo.World.Did(Deed.SinceSuperseded);
                reply(CommitStatus.Superseded, true);
            }
        })));
    }

    private static void SendValue(Silo silo, Silo host, TokenId token, GivenMoment moment, Moment sentAt, string key, Verdict verdict, Action<CommitStatus, bool> reply)
    {
        var isByArrival = Mutants.Is(Mutant.SinceInOrderOfArrival);
        var since = new SetSince(verdict.IsKeyChanged, isByArrival ? TimeSpan.Zero : sentAt - moment.At, verdict.Remembered);
        var age = isByArrival ? TimeSpan.Zero : silo.Now - moment.At;
        silo.Send(host, "set since", () => host.Entries.SetSince(key, token, verdict.Data, age, since, reply));
    }

    /// <summary>What has become of the value since the moment: null if it is superseded. Others may run between any two looks.</summary>
    private static Verdict? Judge(Silo silo, GivenMoment moment, string key, EntryData data)
    {
        var (now, ledger, tags) = (silo.Now, silo.Ledger, TagId.OfEntry(key, data.Tags));
        silo.World.Interleave(silo);
        var deadline = Mutants.Is(Mutant.SinceStalingUnjudged) ? null : EarliestStaling(ledger, tags, moment.Stamp);
        silo.World.Interleave(silo);
        var isKept = Mutants.Is(Mutant.SinceOpenUnjudged) ? ledger.IsLive(tags, moment.Stamp) : ledger.MayKeepMadeSince(tags, moment.Stamp);
        if (deadline <= now || !(isKept || Mutants.Is(Mutant.SinceTagsUnjudged)))
        {
            return null;
        }

        var (life, failSafe) = deadline is { } end ? data.Life.StaleAt(now - moment.At + TimeSpan.FromTicks(1), end - now, data.FailSafe) : (data.Life, data.FailSafe);
        silo.World.Interleave(silo);
        var isKeyChanged = !ledger.IsLive([TagId.OfKey(key)], moment.Stamp) && !Mutants.Is(Mutant.SinceKeyUnjudged);
        silo.World.Interleave(silo);
        var remembered = Mutants.Is(Mutant.SinceSoftTagsNotTold) ? [] : ledger.RememberedSince(CacheNamespace.Of(key), moment.Stamp, []);

        // In one mutant the entry is told of no tags to ask about.
        return new(data with { CopiedTags = Mutants.Is(Mutant.SinceNotACopy) ? [] : data.Tags, Life = life, FailSafe = failSafe }, isKeyChanged, remembered);
    }

    private static Moment? EarliestStaling(TagLedger ledger, TagId[] tags, Stamp stamp)
    {
        Moment? earliest = null;
        foreach (var tag in tags)
        {
            if (ledger.Find(tag)?.StalingOf(stamp) is { IsStale: true, Deadline: var deadline })
            {
                earliest = Moment.Earlier(earliest ?? deadline, deadline);
            }
        }

        return earliest;
    }

    private sealed record Verdict(EntryData Data, bool IsKeyChanged, string[]? Remembered);
}
