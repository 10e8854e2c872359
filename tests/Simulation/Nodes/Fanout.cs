using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>Section 4 in one silo: coordinates updates, and takes those of the other silos.</summary>
internal sealed class Fanout
{
    private readonly Silo _silo;
    private readonly Coordination<int> _coordination;
    private readonly OpenUpdates<int> _open = new();
    private readonly Dictionary<UpdateId, Action<bool>> _callers = [];
    private readonly Dictionary<int, UpdateBatch> _underWay = [];
    private readonly Dictionary<UpdateId, List<int>> _asOfBegin = [];

    /// <summary>Updates of other silos that are held here, and who coordinates them.</summary>
    private readonly Dictionary<UpdateId, int> _owed = [];

    /// <summary>Applied to the ledger, and not yet queued for the sessions: clients count as not having let go.</summary>
    private readonly HashSet<UpdateId> _applying = [];

    /// <summary>Holds of this silo's own that are not had yet.</summary>
    private readonly HashSet<UpdateId> _holds = [];

    /// <summary>In one mutant: the hold that each question got, so that a repeated one gets the same.</summary>
    private readonly Dictionary<Guid, UpdateId> _asked = [];

    public Fanout(Silo silo)
    {
        _silo = silo;
        _coordination = new(silo.Unique(1, 0));
        RepeatWhatIsLate();
    }

    public bool IsIdle => _coordination.Count == 0;

    public bool IsIncarnation(Guid incarnation) => _coordination.Incarnation == incarnation;

    /// <summary>Begins a change: the own ledger has applied it when this returns.</summary>
    public Stamp Begin(TagId[] tags, TimeSpan? staleFor, Action<bool>? caller, UpdateId? finishes = null, TagMatch match = TagMatch.Any, bool remember = false)
    {
        var change = _coordination.Begin(tags, staleFor, finishes, match: match, remember: remember);
        if (caller is not null)
        {
            _callers.Add(change.Id, caller);
        }

        if (Mutants.Is(Mutant.MembersAsOfBegin))
        {
            _asOfBegin.Add(change.Id, _silo.Others());
        }

        return Begin(change, isAwaited: !Mutants.Is(Mutant.NoAcknowledgementAwaited));
    }

    /// <summary>Holds tags at every member; what cannot be had is released again.</summary>
    /// <param name="question">The same for a repeat, which nobody looks at but one mutant.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="atMost">For how long.</param>
    /// <param name="reply">Gets the hold, or nothing.</param>
    public void Hold(Guid question, TagId[] tags, TimeSpan atMost, Action<UpdateId?> reply)
    {
        if (Mutants.Is(Mutant.RepeatCountsAnew) && _asked.TryGetValue(question, out var same))
        {
            reply(same);
            return;
        }

        var hold = _coordination.Begin(tags, staleFor: null, holdFor: atMost);
        _holds.Add(hold.Id);
        _callers.Add(hold.Id, isComplete =>
        {
            _holds.Remove(hold.Id);
            if (isComplete)
            {
                _asked[question] = hold.Id;
                reply(hold.Id);
            }
            else
            {
                GiveUp(hold);
                reply(null);
            }
        });
        if (Mutants.Is(Mutant.HoldMembersAsOfBegin))
        {
            _asOfBegin.Add(hold.Id, _silo.Others());
        }

        Begin(hold, isAwaited: !Mutants.Is(Mutant.HoldUnawaited));
        _silo.After(Terms.HoldPatience, "no hold", () => Tell(hold.Id, false));
    }

    /// <summary>Waits no longer for any hold of this silo's own.</summary>
    public void GiveUpAll() => _holds.ToList().ForEach(hold => Tell(hold, false));

    /// <summary>Tells every other member that a hold has ended.</summary>
    public void Release(HoldRelease hold)
    {
        var members = _silo.Others();
        _coordination.Release(hold, members);
        members.ForEach(SendTo);
    }

    /// <summary>The members or the lease changed, or may have.</summary>
    public void ReconsiderAll()
    {
        foreach (var id in _coordination.Unsettled.OrderBy(id => id.Sequence))
        {
            Reconsider(id);
        }
    }

    /// <summary>Takes over what is open here of a coordinator that died.</summary>
    public void FinishUpdatesOf(int coordinator)
    {
        foreach (var orphan in _open.Of(coordinator).Where(change => _coordination.TryClaim(change.Id)).ToList())
        {
            _silo.World.Note(_silo, $"finishes {Of(orphan.Id)}");
            Begin(orphan.Tags, orphan.StaleFor, null, orphan.Id, orphan.Match, orphan.Remember);
        }

        _open.Forget(_silo.Members.IsDead);
        if (Mutants.Is(Mutant.HoldFinishedByOthers))
        {
            _silo.Holding.Finish(_silo.World.Silos[coordinator].Fanout._coordination.Incarnation);
        }
    }

    /// <summary>No client of this silo holds these up any more.</summary>
    public void Released(IEnumerable<UpdateId> updates)
    {
        foreach (var update in updates.ToList())
        {
            Reconsider(update);
            Acknowledge(update);
        }
    }

    private static string Of(UpdateId id) => $"U{id.Coordinator.ToString()[..8].TrimStart('0')}.{id.Sequence}";

    private bool AwaitsClients(UpdateId update) => _applying.Contains(update) || _silo.Sessions.AwaitsClients(update);

    private Stamp Begin(TagUpdate change, bool isAwaited)
    {
        var at = Apply(change, () => Reconsider(change.Id));
        Reconsider(change.Id);
        if (!isAwaited)
        {
            Tell(change.Id, true);
        }

        return at;
    }

    private void GiveUp(TagUpdate hold)
    {
        _silo.World.Did(Deed.HoldGivenUp);
        _coordination.GiveUp(hold.Id);
        _silo.Holding.Release(hold.Id, hold.Tags);
    }

    private Stamp Apply(TagUpdate change, Action then)
    {
        _applying.Add(change.Id);
        var at = _silo.Apply(change);
        _silo.World.Note(_silo, $"applies {Of(change.Id)} of {string.Join(' ', change.Tags.Select(tag => tag.Name))} at clock {at.Value}");

        if (change.Match == TagMatch.Any)
        {
            QueueSoon();
        }
        else if (Mutants.Is(Mutant.AcknowledgedBeforeWalk))
        {
            _silo.Soon($"walks for {Of(change.Id)}", () => _silo.Entries.Walk(change.Tags, at, () => { }));
            QueueSoon();
        }
        else if (Mutants.Is(Mutant.WalkAfterInterest))
        {
            _silo.Sessions.Queue(change);
            _silo.Soon($"walks for {Of(change.Id)}", () => _silo.Entries.Walk(change.Tags, at, Applied));
        }
        else
        {
            // The walk before the interested sessions: who registers interest too late to be told finds the value dead (invariant J1).
            _silo.Soon($"walks for {Of(change.Id)}", () => _silo.Entries.Walk(change.Tags, at, QueueSoon));
        }

        return at;

        // The ledger first, the interested sessions second; a read may come in between (invariant C3).
        void QueueSoon() => _silo.Soon($"queues {Of(change.Id)} for sessions", () =>
        {
            _silo.Sessions.Queue(change);
            Applied();
        });

        void Applied()
        {
            _applying.Remove(change.Id);
            then();
        }
    }

    private void Reconsider(UpdateId id)
    {
        var members = _silo.Others();
        if (_asOfBegin.TryGetValue(id, out var begun))
        {
            members = begun.FindAll(members.Contains);
        }

        var (mail, settled) = (new HashSet<int>(), new List<UpdateId>());
        var mayComplete = _silo.IsServing || Mutants.Is(_holds.Contains(id) ? Mutant.HoldWithoutLease : Mutant.CompletedWithoutLease);
        var verdict = _coordination.Reconsider(id, members, AwaitsClients(id), mayComplete, mail, settled);
        if (verdict != UpdateVerdict.Waiting)
        {
            Tell(id, verdict == UpdateVerdict.Complete);
        }

        settled.ForEach(Settle);
        foreach (var member in mail)
        {
            SendTo(member);
        }
    }

    private void Settle(UpdateId id)
    {
        _open.Settle(id);
        _silo.Settle(id);
        _silo.World.Note(_silo, $"settles {Of(id)}; clock {_silo.Ledger.Stamp().Value}");
    }

    private void Tell(UpdateId id, bool isComplete)
    {
        if (_callers.Remove(id, out var caller))
        {
            caller(isComplete);
        }
    }

    private void SendTo(int member)
    {
        if (_underWay.ContainsKey(member) || _coordination.TakeBatch(member, _silo.Others().Contains(member), _silo.Now) is not { } batch)
        {
            return;
        }

        _underWay.Add(member, batch);
        var other = _silo.World.Silos[member];
        _silo.Send(other, $"batch {string.Join(' ', batch.Updates.Select(change => Of(change.Id)))} settled {string.Join(' ', batch.Settled.Select(Of))}{(batch.Released is { } released ? $" released {string.Join(' ', released.Select(hold => Of(hold.Id)))}" : string.Empty)}", () =>
        {
            var receipt = other.Fanout.Receive(_silo.Id, batch);
            other.Send(_silo, $"receipt of {string.Join(' ', receipt.Select(Of))}", () => Received(member, batch, receipt));
        });
        _silo.After(Terms.Patience, "no receipt", () =>
        {
            if (_underWay.GetValueOrDefault(member) == batch)
            {
                _underWay.Remove(member);
                _coordination.Lost(member, batch);
                SendTo(member);
            }
        });
    }

    private void Received(int member, UpdateBatch batch, UpdateId[] acknowledged)
    {
        if (_underWay.GetValueOrDefault(member) == batch)
        {
            _underWay.Remove(member);
        }

        Acknowledged(member, Mutants.Is(Mutant.BatchSharedAfterSending) ? _coordination.Unsettled : acknowledged);
        SendTo(member);
    }

    private void Acknowledged(int member, UpdateId[] ids)
    {
        _coordination.Acknowledged(member, ids);
        foreach (var id in ids)
        {
            Reconsider(id);
        }
    }

    private UpdateId[] Receive(int coordinator, UpdateBatch batch)
    {
        _open.SettleBefore(coordinator, batch.Incarnation, batch.OldestUnsettled).ForEach(Settle);
        foreach (var settled in batch.Settled)
        {
            Settle(settled);
        }

        foreach (var hold in batch.Updates.Where(change => change.HoldFor is not null))
        {
            _owed[hold.Id] = coordinator;
            Apply(hold, () => Acknowledge(hold.Id));
        }

        foreach (var change in batch.Updates.Where(change => change.HoldFor is null))
        {
            switch (_open.Arrived(coordinator, change))
            {
                case Arrival.First:
                    _owed[change.Id] = coordinator;
                    Apply(change, () => Acknowledge(change.Id));
                    break;
                case Arrival.Settled:
                    // A late repeat: expiring again is harmless, staying open would not be.
                    _silo.Apply(change);
                    _silo.Settle(change.Id);
                    break;
            }
        }

        foreach (var released in batch.Released ?? [])
        {
            _silo.Holding.Released(released);
        }

        if (_silo.Members.IsDead(coordinator))
        {
            FinishUpdatesOf(coordinator);
        }

        return [.. batch.Updates.Select(change => change.Id).Where(id => !AwaitsClients(id))];
    }

    private void Acknowledge(UpdateId update)
    {
        if (!AwaitsClients(update) && _owed.Remove(update, out var coordinator))
        {
            var other = _silo.World.Silos[coordinator];
            _silo.Send(other, $"acknowledges {Of(update)}", () => other.Fanout.Acknowledged(_silo.Id, [update]));
        }
    }

    private void RepeatWhatIsLate() => _silo.After(Terms.Patience, "repeats", () =>
    {
        _coordination.Repeat(_silo.Now + -Terms.Patience).ForEach(SendTo);
        RepeatWhatIsLate();
    });
}
