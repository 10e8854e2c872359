using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>How far an update is.</summary>
internal enum UpdateVerdict : byte
{
    /// <summary>Some member has not acknowledged.</summary>
    Waiting = 0,

    /// <summary>Every member as of now has, and this silo may say so: the update is complete, and settled.</summary>
    Complete = 1,

    /// <summary>Every member as of now has, but this silo has no right to promise anything just now. It goes on.</summary>
    NoLease = 2,
}

/// <summary>How far an update is with one member.</summary>
internal enum UpdateReach : byte
{
    /// <summary>It is on its way.</summary>
    Addressed = 0,

    /// <summary>An attempt to send it has failed.</summary>
    Unanswered = 1,

    /// <summary>The member has applied it, and waits for its own clients.</summary>
    AwaitsClients = 2,

    /// <summary>The member has acknowledged it.</summary>
    Acknowledged = 3,
}

/// <summary>
/// The updates that one silo coordinates, until each is settled: who has acknowledged, what is to be sent to whom, and when one is complete.
///
/// <para>An update is complete when every silo that is a member AS OF NOW has acknowledged, so one that joined since it began is reached too
/// (invariant U1), and only while the coordinator's own lease is valid (invariant V2). Acknowledgements name the updates that they cover, and
/// come apart: what one member holds up holds nothing else up (invariant U3). What was not acknowledged stays to be sent.</para>
/// </summary>
/// <typeparam name="TSilo">The identity of one incarnation of a silo.</typeparam>
/// <remarks>Not thread-safe: the invalidator guards it.</remarks>
internal sealed class Coordination<TSilo>(Guid incarnation)
    where TSilo : notnull, IEquatable<TSilo>
{
    /// <summary>The most updates in a batch; a member that was away gets the rest in the batches after it.</summary>
    private const int MaximumBatch = 1_000;

    private readonly Dictionary<UpdateId, Pending> _pending = [];
    private readonly Dictionary<TSilo, Outbox> _outboxes = [];
    private readonly HashSet<UpdateId> _claimed = [];
    private long _sequence;
    private long _oldestUnsettled = 1;

    /// <summary>The incarnation that this silo's own updates bear.</summary>
    public Guid Incarnation => incarnation;

    /// <summary>The number of the last one that was begun.</summary>
    public long Begun => _sequence;

    /// <summary>Every one up to that number is settled; of holds, was had or given up.</summary>
    public long SettledUpTo => _oldestUnsettled - 1;

    /// <summary>How many are not settled.</summary>
    public int Count => _pending.Count;

    /// <summary>What is not settled, in no order.</summary>
    public UpdateId[] Unsettled => [.. _pending.Keys];

    /// <summary>Begins an update. Apply it to the own ledger next, then <see cref="Reconsider"/>.</summary>
    /// <param name="tags">Its tags.</param>
    /// <param name="staleFor">Null to expire; otherwise how long the dependents may still be served stale.</param>
    /// <param name="finishes">The update of a dead coordinator that this one finishes; settled together with it.</param>
    /// <param name="trace">The <c>traceparent</c> of its coordination, if that is traced.</param>
    /// <param name="holdFor">Of a hold: how long the tags are held at most. It is complete when an update would be, and is not settled.</param>
    /// <param name="match">Of what expires: whether what bears any of the tags, or what bears all of them.</param>
    /// <param name="remember">Whether readers who name the tags must see it too, whatever the entry bears.</param>
    public TagUpdate Begin(
        TagId[] tags, TimeSpan? staleFor, UpdateId? finishes = null, string? trace = null, TimeSpan? holdFor = null, TagMatch match = TagMatch.Any, bool remember = false)
    {
        var update = new TagUpdate(new(incarnation, ++_sequence), tags, staleFor, trace, holdFor, match, remember);
        _pending.Add(update.Id, new(update, finishes));
        return update;
    }

    /// <summary>Claims an update of a dead coordinator; false if it is being finished already.</summary>
    public bool TryClaim(UpdateId orphan) => _claimed.Add(orphan);

    /// <summary>Addresses an update to members that it was not addressed to yet, and completes it if all members as of now have acknowledged.</summary>
    /// <param name="id">An update that is not settled; for another one nothing happens.</param>
    /// <param name="members">Every other silo that may be serving, as of now.</param>
    /// <param name="awaitsClients">Whether a client of this silo has not let go yet.</param>
    /// <param name="isLeaseValid">Whether this silo has the right to serve, read after the members were.</param>
    /// <param name="mail">Gets the members that there is something to send to.</param>
    /// <param name="settled">Gets what is to be settled in the own ledger.</param>
    public UpdateVerdict Reconsider(
        UpdateId id, IReadOnlyList<TSilo> members, bool awaitsClients, bool isLeaseValid, ICollection<TSilo> mail, ICollection<UpdateId> settled)
    {
        if (!_pending.TryGetValue(id, out var pending))
        {
            return UpdateVerdict.Waiting;
        }

        var isReached = !awaitsClients;
        foreach (var silo in members)
        {
            isReached &= pending.IsAcknowledgedBy(silo);
            if (pending.TryAddress(silo))
            {
                OutboxOf(silo).Unsent.Add(pending);
                mail.Add(silo);
            }
        }

        if (!isReached || !isLeaseValid)
        {
            return isReached ? UpdateVerdict.NoLease : UpdateVerdict.Waiting;
        }

        Remove(id);
        if (pending.Update.HoldFor is not null)
        {
            return UpdateVerdict.Complete;
        }

        Settle(id);
        if (pending.Finishes is { } finished)
        {
            _claimed.Remove(finished);
            Settle(finished);
        }

        return UpdateVerdict.Complete;

        void Settle(UpdateId update)
        {
            settled.Add(update);
            foreach (var silo in members)
            {
                OutboxOf(silo).Settled.Add(update);
                mail.Add(silo);
            }
        }
    }

    /// <summary>A hold that cannot be had is given up: nothing more of it is sent. Release it next.</summary>
    public void GiveUp(UpdateId hold)
    {
        Remove(hold);
        foreach (var outbox in _outboxes.Values)
        {
            outbox.Sent.Remove(hold);
            outbox.Unsent.RemoveAll(unsent => unsent.Update.Id == hold);
        }
    }

    /// <summary>A hold has ended: every member is told, and nobody waits for that.</summary>
    /// <param name="release">The hold.</param>
    /// <param name="members">Every other silo that may hold it.</param>
    public void Release(HoldRelease release, IEnumerable<TSilo> members)
    {
        foreach (var silo in members)
        {
            OutboxOf(silo).Released.Add(release);
        }
    }

    /// <summary>What is to be sent to that silo now; null for nothing. A silo that is no member is sent nothing any more.</summary>
    public UpdateBatch? TakeBatch(TSilo silo, bool isMember, Moment now)
    {
        if (!_outboxes.TryGetValue(silo, out var outbox))
        {
            return null;
        }

        if (!isMember)
        {
            _outboxes.Remove(silo);
            return null;
        }

        if (outbox.Unsent.Count == 0 && outbox.Settled.Count == 0 && outbox.Released.Count == 0)
        {
            return null;
        }

        var updates = Take(outbox.Unsent);
        foreach (var pending in updates)
        {
            outbox.Sent[pending.Update.Id] = (pending, now);
        }

        HoldRelease[]? released = outbox.Released.Count == 0 ? null : [.. Take(outbox.Released)];
        return new(incarnation, [.. updates.Select(pending => pending.Update)], [.. Take(outbox.Settled)], _oldestUnsettled, Released: released, Begun: _sequence);
    }

    /// <summary>Nothing is known of what became of a batch: what it held is to be sent again, first.</summary>
    public void Lost(TSilo silo, UpdateBatch batch)
    {
        if (_outboxes.TryGetValue(silo, out var outbox))
        {
            outbox.Unsent.InsertRange(0, batch.Updates.Where(update => outbox.Sent.ContainsKey(update.Id)).Select(update => outbox.Sent[update.Id].Pending));
            outbox.Settled.InsertRange(0, batch.Settled);
            outbox.Released.InsertRange(0, batch.Released ?? []);
            foreach (var update in batch.Updates)
            {
                _pending.GetValueOrDefault(update.Id)?.IsWith(silo, UpdateReach.Unanswered);
                outbox.Sent.Remove(update.Id);
            }
        }
    }

    /// <summary>What was sent long ago and not acknowledged is to be sent again: the acknowledgement may have been lost.</summary>
    /// <returns>The members that there is something to send to.</returns>
    public List<TSilo> Repeat(Moment sentBefore)
    {
        var mail = new List<TSilo>();
        foreach (var (silo, outbox) in _outboxes)
        {
            var late = outbox.Sent.Values.Where(sent => sent.At < sentBefore).Select(sent => sent.Pending).ToList();
            if (late.Count > 0)
            {
                late.ForEach(pending => outbox.Sent.Remove(pending.Update.Id));
                outbox.Unsent.AddRange(late);
                mail.Add(silo);
            }
        }

        return mail;
    }

    /// <summary>That member, and every client of it, has let go of these. Reconsider them next.</summary>
    public void Acknowledged(TSilo silo, IEnumerable<UpdateId> ids)
    {
        var outbox = _outboxes.GetValueOrDefault(silo);
        foreach (var id in ids)
        {
            if (_pending.TryGetValue(id, out var pending))
            {
                pending.Acknowledged(silo);
            }

            // Settled ones too: nothing is repeated to a member that has acknowledged it.
            if (outbox is not null && !outbox.Sent.Remove(id))
            {
                outbox.Unsent.RemoveAll(unsent => unsent.Update.Id == id);
            }
        }
    }

    /// <summary>The member has applied these, and waits for its clients.</summary>
    public void AwaitsClients(TSilo silo, IEnumerable<UpdateId> ids)
    {
        foreach (var id in ids)
        {
            _pending.GetValueOrDefault(id)?.IsWith(silo, UpdateReach.AwaitsClients);
        }
    }

    /// <summary>How far an update that is not settled is with a member.</summary>
    public UpdateReach ReachOf(UpdateId id, TSilo silo) => _pending.GetValueOrDefault(id)?.ReachOf(silo) ?? UpdateReach.Addressed;

    /// <summary>The silos that an update which is not settled was addressed to and that have not acknowledged it, those that are no members any more included.</summary>
    public (TSilo Silo, UpdateReach Reach)[] Unacknowledged(UpdateId id) => _pending.GetValueOrDefault(id)?.Unacknowledged() ?? [];

    /// <summary>Those of the members that have an update still to acknowledge.</summary>
    public List<TSilo> Waiting(IEnumerable<TSilo> members) =>
        [.. members.Where(silo => _outboxes.TryGetValue(silo, out var outbox) && outbox.Unsent.Count + outbox.Sent.Count > 0)];

    /// <summary>Those of the members that have not acknowledged this update; none if it is settled.</summary>
    public List<TSilo> Waiting(UpdateId id, IEnumerable<TSilo> members) => _pending.TryGetValue(id, out var pending) ? [.. members.Where(silo => !pending.IsAcknowledgedBy(silo))] : [];

    private static List<T> Take<T>(List<T> from)
    {
        var count = Math.Min(from.Count, MaximumBatch);
        var taken = from.GetRange(0, count);
        from.RemoveRange(0, count);
        return taken;
    }

    private void Remove(UpdateId id)
    {
        _pending.Remove(id);
        while (_oldestUnsettled <= _sequence && !_pending.ContainsKey(new(incarnation, _oldestUnsettled)))
        {
            _oldestUnsettled++;
        }
    }

    private Outbox OutboxOf(TSilo silo)
    {
        if (!_outboxes.TryGetValue(silo, out var outbox))
        {
            _outboxes.Add(silo, outbox = new());
        }

        return outbox;
    }

    private sealed class Outbox
    {
        public List<Pending> Unsent { get; } = [];

        /// <summary>Sent and not acknowledged, with the moment of the sending.</summary>
        public Dictionary<UpdateId, (Pending Pending, Moment At)> Sent { get; } = [];

        public List<UpdateId> Settled { get; } = [];

        public List<HoldRelease> Released { get; } = [];
    }

    private sealed class Pending(TagUpdate update, UpdateId? finishes)
    {
        private readonly Dictionary<TSilo, UpdateReach> _reach = [];

        public TagUpdate Update => update;

        public UpdateId? Finishes => finishes;

        public bool TryAddress(TSilo silo) => _reach.TryAdd(silo, UpdateReach.Addressed);

        public void Acknowledged(TSilo silo) => _reach[silo] = UpdateReach.Acknowledged;

        public bool IsAcknowledgedBy(TSilo silo) => ReachOf(silo) == UpdateReach.Acknowledged;

        public UpdateReach ReachOf(TSilo silo) => _reach.GetValueOrDefault(silo);

        /// <summary>One that has applied it has done so, whatever becomes of what is sent again.</summary>
        public void IsWith(TSilo silo, UpdateReach reach)
        {
            if (_reach.TryGetValue(silo, out var before) && before < reach)
            {
                _reach[silo] = reach;
            }
        }

        public (TSilo Silo, UpdateReach Reach)[] Unacknowledged() =>
            [.. _reach.Where(silo => silo.Value != UpdateReach.Acknowledged).Select(silo => (silo.Key, silo.Value))];
    }
}
