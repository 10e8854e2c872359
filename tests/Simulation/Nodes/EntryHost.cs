using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>
/// The entries of one silo: the product's own, in a small model of its store, which finds them, takes their gates, has readers wait, and lets go of them.
/// Two silos may both have an entry of the same key: nothing rests on there being one.
/// </summary>
internal sealed partial class EntryHost : IKeySlots
{
    private readonly Silo _silo;
    private readonly Dictionary<string, Slot> _slots = [];
    private readonly TokenBook _tokens;
    private readonly EntryTerms _terms;

    /// <summary>By tag, the slots whose values bear it.</summary>
    private readonly Dictionary<TagId, HashSet<Slot>> _dependents = [];

    public EntryHost(Silo silo)
    {
        (_silo, _tokens) = (silo, new(silo));
        _terms = new(silo, _tokens);
        silo.Ledger.Add(this);
    }

    /// <inheritdoc/>
    public KeySlot? Find(TagId key) => _slots.GetValueOrDefault(key.Name);

    /// <inheritdoc/>
    ValueTask IKeySlots.EndAll(TagRecord[] records, Stamp at) => default;

    /// <summary>Answers a read: at once without the gate if there is a fresh value, else under it, and after a wait if it has to be.</summary>
    public void Acquire(string key, AcquireRequest request, Action<Acquired> reply)
    {
        if (_slots.GetValueOrDefault(key)?.TryRead(request.Sessions, _terms, softTags: request.SoftTags) is { } fresh)
        {
            Note(Deed.SoftHit, request.SoftTags is not null);
            reply(fresh);
        }
        else
        {
            Ask(key, request, _silo.Now + request.Wait, reply);
        }
    }

    /// <summary>Stores what was generated, if all of it may still be believed.</summary>
    public void Commit(string key, TokenId token, EntryData data, SessionId[]? named, Action<CommitOutcome> reply) => Enter(key, adds: false, (slot, now) =>
    {
        var wasOut = _tokens.IsOut(key, token, now);
        var outcome = slot?.Commit(token, data, named, _terms, now) ?? CommitOutcome.UnknownToken;
        _tokens.Shown(key, token, wasOut, isTaken: outcome.Status != CommitStatus.UnknownToken && (wasOut || outcome.Status != CommitStatus.Superseded));
        Note(Deed.CommitOfUnknownToken, outcome.Status == CommitStatus.UnknownToken);
        Note(Deed.GenerationHeldBack, outcome.IsHeld);
        reply(outcome);
    });

    public void Abandon(string key, TokenId token, bool isForStoring) => Enter(key, adds: false, (slot, now) =>
    {
        var wasOut = _tokens.IsOut(key, token, now);
        _tokens.Shown(key, token, wasOut, isTaken: slot?.Abandon(token, isForStoring, now) == true);
    });

    /// <summary>A factory has failed or is slow: what may be served past its life.</summary>
    public void FailSafe(string key, TokenId token, bool isOver, Action<EntrySnapshot?> reply) => Enter(key, adds: false, (slot, now) =>
    {
        var wasOut = isOver && _tokens.IsOut(key, token, now);
        var spare = slot?.FailSafe(token, isOver, _terms, now);
        Note(Deed.FailSafeServed, spare is not null);
        reply(spare);
        if (wasOut)
        {
            _tokens.Shown(key, token, wasOut, isTaken: slot is not null);
        }
    });

    public void BeginSet(string key, Action<TokenId> reply) => Enter(key, adds: true, (slot, now) =>
    {
        var token = slot!.BeginSet(_terms, now);
        if (!token.IsNone)
        {
            _tokens.GrantedSet(key, token, now);
            reply(token);
        }
    });

    public void Set(string key, TokenId token, EntryData data, TimeSpan age, Action<bool> reply) => Enter(key, adds: false, (slot, now) =>
    {
        var wasOut = _tokens.IsOut(token, now);
        var (outcome, kept) = slot?.Set(token, data, age, _terms, now) ?? (CommitOutcome.UnknownToken, null);
        _tokens.Shown(key, token, wasOut, isTaken: outcome.Status != CommitStatus.UnknownToken);
        if (outcome.Status == CommitStatus.UnknownToken)
        {
            reply(false);
            return;
        }

        Note(Deed.SetStored, outcome.Status == CommitStatus.Stored);
        Note(Deed.SetHeldBack, outcome.IsHeld);
        Note(Deed.LaterSetCarriedOver, outcome.Status != CommitStatus.Stored && kept is not null);

        // Under one gate: what is stored now is kept through the expiry that begins now; every other value of the key falls to it.
        slot!.WakeWaiters();
        BeginUpdateNeedsGate(slot, kept, reply);
    });

    /// <summary>In one mutant: both trips at once, when the value arrives.</summary>
    public void SetOnArrival(string key, EntryData data, Action<bool> reply) =>
        BeginSet(key, token => Set(key, token, data, TimeSpan.Zero, reply));

    public void Remove(string key, Action<bool> reply) => Enter(key, adds: true, (slot, _) => BeginUpdateNeedsGate(slot!, kept: null, reply));

    /// <summary>The value for another silo.</summary>
    public void Copy(string key, Action<EntryCopy?> reply) => Enter(key, adds: false, (slot, now) => reply(slot?.CopyFor(_terms, now)));

    /// <summary>A copy of another silo's value has come under a ticket.</summary>
    public void Keep(EntryCopy copy, Ticket ticket, Action<CopyStatus> reply) => Enter(copy.ScopedKey, adds: true, (slot, now) =>
    {
        var asOf = Mutants.Is(Mutant.TicketOnArrival) ? ticket with { Stamp = _silo.Ledger.Stamp() } : Mutants.Is(Mutant.AgeFromArrival) ? ticket with { IssuedAt = now } : ticket;
        var status = slot!.KeepCopy(copy, asOf, _terms, now);
        _silo.World.Note(_silo, $"takes over {_silo.World.ValueOf(copy.Data.Payload)} as of {asOf.Stamp.Value}: {status}");
        Note(Deed.CopyTakenOver, status == CopyStatus.Kept);
        Note(Deed.CopyBroughtTags, status == CopyStatus.Kept && copy.Remembered is not []);
        Note(Deed.CopySuperseded, status == CopyStatus.Superseded);
        Note(Deed.CopyNotWanted, status is CopyStatus.HasOwn or CopyStatus.InFlight);
        if (status == CopyStatus.Kept)
        {
            slot.WakeWaiters();
        }

        reply(status);
    });

    /// <summary>A value of the slot came or went, under its gate.</summary>
    public void Index(Slot slot, StoredValue? old, StoredValue? value)
    {
        foreach (var record in value is null ? [] : value.TagRecords)
        {
            if (!_dependents.TryGetValue(record.Tag, out var slots))
            {
                _dependents.Add(record.Tag, slots = []);
            }

            slots.Add(slot);
        }

        foreach (var record in old is null ? [] : old.TagRecords)
        {
            if (value?.TagRecords.Contains(record) != true)
            {
                _dependents[record.Tag].Remove(slot);
            }
        }
    }

    /// <summary>The walk of an update of all of several tags: first it notes which slots there are, by the rarest of them, then it visits each.</summary>
    /// <param name="tags">The tags.</param>
    /// <param name="at">When the update was applied here.</param>
    /// <param name="then">Happens when it is over.</param>
    public void Walk(TagId[] tags, Stamp at, Action then)
    {
        if (_silo.Ledger.RecordsOfAll(tags) is not { } records)
        {
            then();
            return;
        }

        List<Slot> found = [.. tags.Select(tag => _dependents.GetValueOrDefault(tag) ?? []).MinBy(slots => slots.Count)!];
        var left = found.Count + 1;
        found.ForEach(slot => _silo.Soon($"visits {slot.ScopedKey}", () => Under(slot, () =>
        {
            if (!(Mutants.Is(Mutant.WalkMissesCopies) && slot.Value is { IsStandbyCopy: true }) && slot.EndIfBears(records, at))
            {
                _silo.World.Did(Deed.EndedByWalk);
            }

            Visited();
        })));
        Visited();

        void Visited()
        {
            if (--left == 0)
            {
                if (!Mutants.Is(Mutant.WalkMissesNear))
                {
                    _silo.EndNear(tags, at);
                }

                then();
            }
        }
    }

    /// <summary>There is no room for its value.</summary>
    public void Evict(string key)
    {
        if (_slots.GetValueOrDefault(key) is { Value: { } value } slot)
        {
            Under(slot, () =>
            {
                if (ReferenceEquals(slot.Value, value))
                {
                    _silo.World.Did(Deed.ValueEvicted);
                    slot.Drop(_terms);
                }
            });
        }
    }

    /// <summary>Lets go of dead values, and of slots that hold nothing any more.</summary>
    public void Sweep()
    {
        foreach (var slot in _slots.Values.ToList())
        {
            Under(slot, () =>
            {
                if (slot.Value is { } value && value.FreshnessAt(_silo.Ledger, _silo.Now) == Freshness.Expired)
                {
                    _silo.World.Did(Deed.DeadValueSwept);
                    slot.Drop(_terms);
                }
            });
        }
    }

    /// <summary>Forgets what is remembered for readers and no value here is older than.</summary>
    public void ForgetRemembered() => _silo.Ledger.ForgetRemembered(Mutants.Is(Mutant.RememberedDroppedTooEarly)
        ? _silo.Ledger.Stamp()
        : _slots.Values.Select(slot => slot.Value?.Stamp ?? Stamp.Never).Append(_silo.Ledger.Stamp()).Aggregate(Stamp.Min));

    /// <summary>There are too many slots without a value: this one goes with its tokens.</summary>
    public void Retire(string key)
    {
        if (_slots.GetValueOrDefault(key) is { } slot)
        {
            Under(slot, () =>
            {
                if (slot is { IsRetired: false, Value: null })
                {
                    _tokens.Lost(key);
                    RetireNeedsGate(slot);
                }
            });
        }
    }

    private void Ask(string key, AcquireRequest request, Moment until, Action<Acquired> reply, bool mayFetch = true) => Enter(key, adds: true, (slot, now) =>
    {
        // A miss may still find the value at the key's former owner.
        if (mayFetch && request.MayGenerate && _silo.IsServing && _silo.World.Former.GetValueOrDefault(key) is { } former && former != _silo && _silo.World.Hosts[key] == _silo
            && slot!.Acquire(request with { MayGenerate = false, SoftTags = null }, _terms, now) is { Status: AcquireStatus.Miss } && !slot.IsGenerating(now))
        {
            _silo.Moving.Fetch(key, former, copy =>
            {
                if (copy is not null && Mutants.Is(Mutant.FetchJoinedUnkept))
                {
                    reply(new(AcquireStatus.Fresh, new(copy.Data.Payload, copy.Data.Tags, copy.Data.Life, copy.Age), TokenId.None));
                    return;
                }

                Note(Deed.Fetched, copy is not null);
                Ask(key, request, until, reply, mayFetch: false);
            });
            return;
        }

        var answer = slot!.Acquire(request, _terms, now);
        if (answer is { Token: { IsNone: false } token })
        {
            _tokens.Granted(key, token, request.Tags ?? [], request.SoftTags ?? [], now);
        }

        Note(Deed.SoftRefused, request.SoftTags is not null && answer?.Status == AcquireStatus.Miss && slot.Value is { } value && value.FreshnessAt(_silo.Ledger, now) <= Freshness.Stale);
        Note(Deed.StaleServed, answer?.Status == AcquireStatus.Stale);
        if (answer is null && now < until)
        {
            _silo.World.Did(Deed.GenerationWaitedFor);
            slot.Wait(Moment.Earlier(until, slot.GenerationEnd(now)), () => Ask(key, request, until, reply));
        }
        else
        {
            reply(answer ?? Acquired.Busy);
        }
    });

    /// <summary>Expires every value of the key in every process, but for the one that is kept here.</summary>
    private void BeginUpdateNeedsGate(Slot slot, StoredValue? kept, Action<bool> reply)
    {
        if (kept is not null)
        {
            kept.CarryOver(keyStamp =>
            {
                // Another silo may expire the key in between: the kept value must not be carried over that.
                _silo.World.Interleave(_silo);
                var isSo = kept.KeyAdmits(keyStamp) || Mutants.Is(Mutant.CarriedOverOthers);
                Note(Deed.ExpiryNotCarriedOver, !isSo);
                var applied = _silo.Fanout.Begin([Catalog.TagOf(slot.ScopedKey)], null, reply);
                _silo.World.Interleave(_silo);
                return isSo ? applied : Stamp.Zero;
            });
        }
        else
        {
            _silo.Fanout.Begin([Catalog.TagOf(slot.ScopedKey)], null, reply);
            slot.Drop(_terms);
        }
    }

    /// <summary>The key's slot, if it has one or gets one, with its gate taken.</summary>
    private void Enter(string key, bool adds, Action<Slot?, Moment> run)
    {
        while (true)
        {
            var slot = adds ? FindOrAdd(key) : _slots.GetValueOrDefault(key);
            if (slot is null)
            {
                run(null, _silo.Now);
                return;
            }

            // It is found, and its gate not taken yet.
            _silo.World.Interleave(_silo);
            if (slot.IsHeld)
            {
                _silo.World.Did(Deed.GateWaitedFor);
                slot.Blocked.Add(() => Enter(key, adds, run));
                return;
            }

            if (!slot.IsRetired || Mutants.Is(Mutant.RetiredSlotUsed))
            {
                Under(slot, () => run(slot, _silo.Now));
                return;
            }

            _silo.World.Did(Deed.RetiredSlotFound);
        }
    }

    private void Note(Deed deed, bool isDone)
    {
        if (isDone)
        {
            _silo.World.Did(deed);
        }
    }

    private Slot FindOrAdd(string key)
    {
        if (!_slots.TryGetValue(key, out var slot))
        {
            _slots.Add(key, slot = new(key, _silo));
        }

        return slot;
    }

    /// <summary>Runs something with the gate taken, and looks afterwards whether the slot still holds anything.</summary>
    private void Under(Slot slot, Action run)
    {
        if (slot.IsHeld)
        {
            slot.Blocked.Add(() => Under(slot, run));
            return;
        }

        slot.IsHeld = true;
        run();
        if (!slot.IsRetired && slot.IsEmpty(_silo.Now))
        {
            RetireNeedsGate(slot);
        }

        slot.IsHeld = false;
        slot.Blocked.ForEach(blocked => _silo.Soon("gets the gate", blocked));
        slot.Blocked.Clear();
    }

    /// <summary>Takes a slot out of the table: its waiters ask again, and the next caller of the key finds a new one.</summary>
    private void RetireNeedsGate(Slot slot)
    {
        slot.IsRetired = true;
        if (_slots.GetValueOrDefault(slot.ScopedKey) == slot)
        {
            _slots.Remove(slot.ScopedKey);
        }

        slot.WakeWaiters();
    }
}
