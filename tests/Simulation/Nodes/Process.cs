using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A process that reads and keeps values: a client, or a silo with its own near cache.</summary>
internal abstract class Process : Node
{
    private readonly Dictionary<string, NearValue> _near = [];

    protected Process(World world, string name, double rate)
        : base(world, name, rate) => Flights = new(this);

    public TagLedger Ledger { get; } = new(Terms.MaximumUnheld);

    public Flights Flights { get; }

    /// <summary>The sessions that a question names.</summary>
    public abstract SessionId[] Named { get; }

    /// <summary>Keeps an answer if its terms allow it.</summary>
    public abstract void TryKeep(Silo host, Value value, KeepTerms terms, Stamp stamp, bool isCopy);

    /// <summary>An answer came: what it grants and what it does not know any more.</summary>
    public abstract void Heard(Silo host, KeepTerms terms, Moment askedAt);

    public void Read(string key)
    {
        var reading = World.Checker.BeginRead(this, key, World.Time);
        World.OpenReads++;
        if (Hit(key) is var (value, isStale))
        {
            World.Hits++;
            Return(reading, value, isStale, "near");
        }
        else
        {
            Flights.Join(reading);
        }
    }

    public void Return(Reading reading, Value value, bool isStale, string how)
    {
        World.Note(this, $"read of {reading.Key} returns {value}{(isStale ? " stale" : string.Empty)} ({how})");
        World.Reads++;
        World.OpenReads--;
        Checker.Returned(reading, value, isStale, how);
    }

    public void Evict(string key)
    {
        if (_near.Remove(key, out var near))
        {
            Ledger.Release(near.Validity.Records);
        }
    }

    /// <summary>A change of tags, as the application calls it: the source has changed just before.</summary>
    public void Change(TagId[] tags, TimeSpan? staleFor, Silo coordinator)
    {
        var change = World.Checker.Begin(tags, staleFor);
        World.Note(this, $"{(staleFor is null ? "updates" : "revalidates")} {change} on {coordinator}");
        Send(coordinator, "change", () => coordinator.Fanout.Begin(tags, staleFor, isComplete =>
            coordinator.Send(this, "change ended", () => Returned(change, isComplete))));
    }

    /// <summary>A plain set: a token, then the value, in two trips.</summary>
    public void Set(string key, Silo host)
    {
        var change = World.Checker.Begin([Catalog.TagOf(key)], null);
        World.Note(this, $"sets {key}={change.Versions[0]} on {host}");
        var early = Mutants.Is(Mutant.SetStoredOnArrival) || Mutants.Is(Mutant.SetValueOlderThanToken) ? Generate(key) : null;
        if (Mutants.Is(Mutant.SetStoredOnArrival))
        {
            Send(host, "set", () => host.Entries.SetOnArrival(key, early!, isComplete =>
                host.Send(this, "set ended", () => Returned(change, isComplete))));
            return;
        }

        Send(host, "begin set", () => host.Entries.BeginSet(key, token => host.Send(this, "token of the set", () =>
        {
            // The value counts as generated when the token has arrived.
            var value = early ?? Generate(key);
            Checker.MayBeLast(value);
            Send(host, "set", () => host.Entries.Set(key, token, value, isComplete => host.Send(this, "set ended", () =>
            {
                World.Checker.Ended(value);
                Returned(change, isComplete);
            })));
        })));
    }

    public void Remove(string key, Silo host)
    {
        var change = World.Checker.Begin([Catalog.TagOf(key)], null);
        World.Note(this, $"removes {key}={change.Versions[0]} on {host}");
        Send(host, "remove", () => host.Entries.Remove(key, isComplete =>
            host.Send(this, "remove ended", () => Returned(change, isComplete))));
    }

    public Value Generate(string key)
    {
        var (tags, late) = Catalog.TagsOf(key);
        var value = World.Checker.Generate(key, tags, late);
        World.Note(this, $"factory reads {value}");
        return value;
    }

    /// <summary>The check that every read makes.</summary>
    public Freshness FreshnessOf(EntryValidity validity, Stamp keyStamp)
    {
        var freshness = validity.At(Ledger, keyStamp, Now);
        if (freshness != Freshness.Expired || !Mutants.Is(Mutant.CheckOnlyAtCommit))
        {
            return freshness;
        }

        // The mutant that asks the ledger only when a value is stored: deadlines of revalidations are heeded.
        var stalings = validity.Records.ToArray().Select(record => record.StalingOf(validity.Stamp)).ToArray();
        return Array.Exists(stalings, staling => staling.IsOverAt(Now)) ? Freshness.Expired
            : Array.Exists(stalings, staling => staling.IsStale) ? Freshness.Stale
            : Freshness.Fresh;
    }

    protected EntryValidity ValidityOf(Value value, Stamp stamp) => new(stamp, Now, CacheLife.Max, Ledger.Hold(value.Tags));

    protected abstract bool MayServe(NearValue near);

    protected void Keep(NearValue near)
    {
        Evict(near.Value.Key);
        _near[near.Value.Key] = near;
        var under = near.Session is { } session ? $" under session {session.Id.Number} of S{session.Silo}" : string.Empty;
        World.Note(this, $"keeps {near.Value} with stamp {near.Validity.Stamp.Value}{under}");
    }

    private void Returned(Changing change, bool isComplete)
    {
        World.Note(this, $"change of {change} {(isComplete ? "RETURNED" : "is unknown")}");
        if (isComplete)
        {
            World.Changes++;
            World.Checker.Returned(change, World.Time);
        }
    }

    private (Value Value, bool IsStale)? Hit(string key)
    {
        if (!_near.TryGetValue(key, out var near) || !MayServe(near))
        {
            return null;
        }

        return FreshnessOf(near.Validity, near.Validity.Stamp) switch
        {
            Freshness.Fresh => (near.Value, false),
            Freshness.Stale => (near.Value, true),
            _ => null,
        };
    }
}
