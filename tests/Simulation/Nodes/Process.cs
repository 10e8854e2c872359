using System.Globalization;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A process that reads and keeps values: a client, or a silo with its own near cache.</summary>
internal abstract class Process : Node, IKeySlots
{
    private readonly Dictionary<string, NearSlot> _slots = [];
    private long _asked;

    protected Process(World world, string name, double rate, TimeSpan ahead = default)
        : base(world, name, rate)
    {
        Ahead = ahead;
        Flights = new(this);
        Ledger.Add(this);
    }

    public TagLedger Ledger { get; } = new(Terms.MaximumUnreferenced, Terms.MaximumConjunctions, Terms.MaximumRemembered);

    public Flights Flights { get; }

    /// <summary>The holds that it has taken, or is about to take.</summary>
    public List<Holder> Holders { get; } = [];

    /// <summary>The sessions that a question names; null for a process that has none.</summary>
    public abstract SessionId[]? Named { get; }

    /// <summary>Keeps an answer if its terms allow it.</summary>
    public abstract void TryKeep(Silo host, Value value, NearTerms? terms, Ask ask, TimeSpan age, bool isCopy);

    /// <summary>An answer came: what it grants and what it does not know any more.</summary>
    public abstract void Heard(Silo host, NearTerms? terms, Ask ask);

    /// <summary>A question is sent next.</summary>
    public virtual void Asked(Ask ask)
    {
    }

    /// <summary>The identity of a question, the same for every repeat of it.</summary>
    public Guid NextQuestion() => new(Name[0], short.Parse(Name.AsSpan(1), CultureInfo.InvariantCulture), 0, BitConverter.GetBytes(++_asked));

    public void Read(string key)
    {
        var reading = World.Checker.BeginRead(this, key, World.Time);
        Reads(reading);
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

    /// <summary>A read by a reader who names tags that the entry does not bear. It shares no flight: other readers may take what is none for it.</summary>
    public void ReadSoft(string key, params TagId[] softTags)
    {
        var reading = World.Checker.BeginRead(this, key, World.Time, softTags);
        World.OpenReads++;
        if (Hit(key, softTags) is var (value, isStale))
        {
            World.Did(Deed.SoftHitNear);
            Return(reading, value, isStale, "near, soft");
        }
        else
        {
            SoftReads.Ask(this, reading);
        }
    }

    /// <summary>A read that is given up.</summary>
    public void GiveUp() => World.OpenReads--;

    public void Return(Reading reading, Value value, bool isStale, string how)
    {
        World.Note(this, $"read of {reading.Key} returns {value}{(isStale ? " stale" : string.Empty)} ({how})");
        World.Reads++;
        World.OpenReads--;
        if (World.Untouched.Contains(reading.Key))
        {
            World.Did(Deed.LeftAlone);
        }

        Checker.Returned(reading, value, isStale, how);
    }

    public void Evict(string key)
    {
        if (_slots.GetValueOrDefault(key) is { Kept: { } near } slot)
        {
            slot.Kept = null;
            slot.Takers++;
            LetGo(slot, near);
        }
    }

    /// <summary>A change of tags, as the application calls it: the source has changed just before.</summary>
    public void Change(TagId[] tags, TimeSpan? staleFor, Silo coordinator, TagMatch match = TagMatch.Any, bool remember = false)
    {
        var change = match == TagMatch.All ? World.Checker.BeginAll(tags) : World.Checker.Begin(tags, staleFor);
        World.Note(this, $"{(staleFor is null ? "updates" : "revalidates")} {change} on {coordinator}");
        Send(coordinator, "change", () => coordinator.Fanout.Begin(tags, staleFor, isComplete =>
            coordinator.Send(this, "change ended", () => Returned(change, isComplete)), match: match, remember: remember));
    }

    /// <summary>The walk of an update of all of several tags over what is kept here.</summary>
    public void EndNear(TagId[] tags, Stamp at)
    {
        if (Ledger.RecordsOfAll(tags) is not { } records)
        {
            return;
        }

        foreach (var slot in _slots.Values.Where(slot => slot.Kept is { } near && near.Validity.Stamp < at && TagLedger.BearsAll(near.Validity.Records, records)).ToList())
        {
            World.Did(Deed.EndedNear);
            Evict(slot.Name);
        }
    }

    /// <summary>A plain set: a token, then the value, in two trips.</summary>
    public void Set(string key, Silo host)
    {
        var change = World.Checker.Begin([Catalog.TagOf(key)], null);
        World.Note(this, $"sets {key}={change.Versions[0]} on {host}");
        // The value counts as made when the call was.
        var (value, calledAt) = (Generate(key), Now);
        var data = World.LifetimeOf(key).DataOf(value);
        Checker.MayBeLast(value);
        if (Mutants.Is(Mutant.SetStoredOnArrival))
        {
            Send(host, $"set of {this}", () => host.Entries.SetOnArrival(key, data, Ended));
            return;
        }

        Send(host, "begin set", () => host.Entries.BeginSet(key, token => host.Send(this, "token of the set", () =>
        {
            var age = Mutants.Is(Mutant.SetValueOlderThanToken) ? TimeSpan.Zero : Now - calledAt;
            Send(host, $"set of {this}", () => host.Entries.Set(key, token, data, age, Ended));
        })));

        void Ended(bool isComplete) => host.Send(this, "set ended", () =>
        {
            World.Checker.Ended(value);
            Returned(change, isComplete);
        });
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
        var value = World.Generate(key);
        World.Note(this, $"factory reads {value}");
        return value;
    }

    protected abstract bool MayServe(NearValue near);

    /// <summary>A read begins.</summary>
    protected virtual void Reads(Reading reading)
    {
    }

    /// <summary>Keeps a value that was so old when its silo answered: a duration, since moments do not travel.</summary>
    protected void Keep(Value value, Ask ask, TimeSpan age, OwnSession<int>? session)
    {
        var (generatedAt, lifetime) = (ask.At + -age, World.LifetimeOf(value.Key));
        var extra = ExtraLife.Of(TimeSpan.Zero, lifetime.Sliding, generatedAt);

        // The slot first: the ledger has to find it when the key is updated.
        var slot = Take(value.Key);
        var (records, isKeyLive) = Ledger.Attach([.. ask.SoftTags, .. value.Tags.AsSpan(..^1)], value.Tags[^1], slot, ask.Stamp);

        // What a silo made itself may have been stored where it belongs before that silo heard of a hold (invariant H2).
        var isHeld = Ledger.IsHeld(records);
        if (!isKeyLive || (isHeld && ProtocolRules.HeldIsNotKeptNear))
        {
            if (isHeld)
            {
                World.Did(Deed.HeldBackNear);
            }

            Ledger.Detach(records, slot);
            GiveBack(slot);
            return;
        }

        // Kept under the map's gate, as the last question is asked: a walk that began before it has not come here, one that begins later does.
        World.InterleaveJoint(this);
        if (Ledger.IsOvertaken(records, ask.Stamp) && !Mutants.Is(Mutant.NearStoredUnasked))
        {
            Ledger.Detach(records, slot);
            GiveBack(slot);
            return;
        }

        var old = slot.Kept;
        slot.Kept = new(value, new(ask.Stamp, generatedAt, lifetime.Life, records, slot), extra, session, ask.SoftTags);
        World.Note(this, $"keeps {value} with stamp {ask.Stamp.Value}{(session is null ? string.Empty : $" under session {session.Id.Number} of S{session.Silo}")}");
        if (old is null)
        {
            GiveBack(slot);
        }
        else
        {
            LetGo(slot, old);
        }
    }

    /// <summary>The slot of a key, for a value that is about to be kept.</summary>
    private NearSlot Take(string key)
    {
        if (!_slots.TryGetValue(key, out var slot))
        {
            _slots.Add(key, slot = new(key));
        }

        slot.Takers++;
        return slot;
    }

    /// <summary>An empty slot goes, unless something is about to be kept in it, or to be let go of.</summary>
    private void GiveBack(NearSlot slot)
    {
        slot.Takers--;
        if (slot is { Kept: null, Takers: 0 })
        {
            _slots.Remove(slot.Name);
        }
    }

    /// <summary>Lets go of a value that is kept no more, and gives back the slot that was taken for it: the ledger must find it until then (invariant K2).</summary>
    private void LetGo(NearSlot slot, NearValue near)
    {
        World.Did(Deed.CopyLetGo);
        var leavesFirst = Mutants.Is(Mutant.SlotLeftBeforeItsRecords);
        if (leavesFirst)
        {
            GiveBack(slot);
        }

        World.Interleave(this);
        Ledger.Detach(near.Validity.Records, slot);
        if (!leavesFirst)
        {
            GiveBack(slot);
        }
    }

    public void Returned(Changing change, bool isComplete)
    {
        World.Note(this, $"change of {change} {(isComplete ? "RETURNED" : "is unknown")}");
        if (isComplete)
        {
            World.Changes++;
            World.Checker.Returned(change, World.Time);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The simulated processes walk by themselves, in steps between which others run.</remarks>
    ValueTask IKeySlots.EndAll(TagRecord[] records, Stamp at) => default;

    KeySlot? IKeySlots.Find(TagId key) => _slots.GetValueOrDefault(key.Name);

    /// <summary>What is kept here and may be served.</summary>
    public (Value Value, bool IsStale)? Hit(string key, params TagId[] softTags)
    {
        if (_slots.GetValueOrDefault(key)?.Kept is not { } near || !MayServe(near) || (Array.Exists(softTags, tag => !near.SoftTags.Contains(tag)) && !Mutants.Is(Mutant.SoftReadFromNear)))
        {
            return null;
        }

        return near.Validity.At(Ledger, near.Validity.Stamp, Now, near.Extra) switch
        {
            Freshness.Fresh => (near.Value, false),
            Freshness.Stale => (near.Value, true),
            _ => null,
        };
    }

    /// <summary>A key's place in the near cache.</summary>
    private sealed class NearSlot(string name) : KeySlot
    {
        public string Name => name;

        public NearValue? Kept { get; set; }

        /// <summary>How many are about to keep a value here, or to let go of one.</summary>
        public int Takers { get; set; }
    }
}
