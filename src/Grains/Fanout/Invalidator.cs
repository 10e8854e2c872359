using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Leases;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tags;

namespace OrleansTagCache.Fanout;

/// <summary>
/// Carries updates to every process that may serve old values, and takes those of the other silos.
///
/// <para><b>Promise.</b> When an update that was begun here ends complete, no read that starts afterwards, in any process, gets a value whose
/// generation began before the update did.</para>
///
/// <para><b>Why.</b> The update is applied to the own ledger first, then sent to every member in batches, again and again until each has
/// acknowledged or has left; members are read when the update completes, not when it began, so that a silo which joined meanwhile is
/// reached too (invariant U1). It completes only while this silo's own serving lease is valid: a silo that was declared dead knows too few
/// members to promise anything (invariant V2). Then it is settled: members may keep copies under its tags again.</para>
///
/// <para><b>Unknown, never done.</b> An update that did not complete in its caller's time goes on until it is settled. One whose coordinator
/// dies is finished by every member that holds it open, as an update of its own; expiring twice is harmless.</para>
///
/// <para><b>Not covered.</b> Clients with near caches acknowledge through the silo that hosts their entries; they have no place here yet.</para>
/// </summary>
/// <remarks>
/// Thread-safe. One lock guards what is pending, open and to be sent; the ledger's lock is taken inside it. Sending happens outside of it,
/// one loop per member that has something to send.
/// </remarks>
internal sealed partial class Invalidator
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Guid _incarnation = Guid.NewGuid();
    private readonly Dictionary<UpdateId, PendingChange> _pending = [];
    private readonly Dictionary<SiloAddress, Outbox> _outboxes = [];
    private readonly HashSet<UpdateId> _finishing = [];
    private readonly OpenUpdates<SiloAddress> _open = new();
    private readonly TagLedger _ledger;
    private readonly Membership _membership;
    private readonly ServingLease _lease;
    private readonly RecentChanges _recent;
    private readonly IPeers _peers;
    private readonly SiloMetrics _metrics;
    private readonly SiloAddress _self;
    private readonly TimeProvider _time;
    private readonly ILogger<Invalidator> _logger;
    private long _sequence;
    private long _oldestUnsettled = 1;

    public Invalidator(
        TagLedger ledger,
        Membership membership,
        ServingLease lease,
        RecentChanges recent,
        IPeers peers,
        SiloMetrics metrics,
        ILocalSiloDetails self,
        TimeProvider time,
        ILogger<Invalidator> logger)
    {
        (_ledger, _membership, _lease, _recent, _peers) = (ledger, membership, lease, recent, peers);
        (_metrics, _self, _time, _logger) = (metrics, self.SiloAddress, time, logger);
        membership.Changed += ReconsiderAll;
        membership.Died += FinishUpdatesOf;
        lease.Renewed += ReconsiderAll;
    }

    /// <summary>How many updates of this silo's own are not settled.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>
    /// Begins a change: this silo's own ledger has applied it when the call returns; the task ends when every member has, or when this silo
    /// finds itself without the right to complete it.
    /// </summary>
    public (Stamp Applied, Task<ChangeOutcome> Completion) Begin(ChangeRequest request) => Begin(request, finishes: null);

    /// <summary>Begins a change and waits for it for a bounded time; then the outcome is incomplete and the change goes on by itself.</summary>
    public async Task<ChangeOutcome> Change(ChangeRequest request, TimeSpan patience)
    {
        var (_, completion) = Begin(request);
        return await Within(completion, patience);
    }

    /// <summary>Waits for a begun change for a bounded time; then the outcome is incomplete and the change goes on by itself.</summary>
    public async Task<ChangeOutcome> Within(Task<ChangeOutcome> completion, TimeSpan patience)
    {
        try
        {
            return await completion.WaitAsync(patience, _time);
        }
        catch (TimeoutException)
        {
            return ChangeOutcome.Incomplete("A silo has not acknowledged yet; the update goes on in the background.");
        }
    }

    /// <summary>A batch of another silo: applies all of it and says so.</summary>
    public BatchReceipt Receive(ChangeBatch batch)
    {
        lock (_gate)
        {
            foreach (var id in _open.SettleBefore(batch.Coordinator, batch.Incarnation, batch.OldestUnsettled))
            {
                _ledger.Settle(id);
            }

            foreach (var id in batch.Settled)
            {
                _open.Settle(id);
                _ledger.Settle(id);
            }

            foreach (var change in batch.Changes)
            {
                Apply(change);
                if (!_open.TryOpen(batch.Coordinator, change))
                {
                    // A late repeat of something settled long ago: expiring again is harmless, staying open would not be.
                    _ledger.Settle(change.Id);
                }
            }
        }

        if (_membership.IsDead(batch.Coordinator))
        {
            FinishUpdatesOf(batch.Coordinator);
        }

        return new([.. batch.Changes.Select(change => change.Id)]);
    }

    private (Stamp Applied, Task<ChangeOutcome> Completion) Begin(ChangeRequest request, UpdateId? finishes)
    {
        lock (_gate)
        {
            var change = new TagChange(new(_incarnation, ++_sequence), request.Tags, request.StaleFor);
            var pending = new PendingChange(change, finishes, _time.Now());
            _pending.Add(change.Id, pending);
            var applied = Apply(change);
            ReconsiderNeedsLock(pending);
            return (applied, pending.Completion);
        }
    }

    private Stamp Apply(TagChange change)
    {
        var now = _time.Now();
        _recent.Note(change, now);
        return change.StaleFor is { } staleFor
            ? _ledger.Stale(change.Id, change.Tags, now + staleFor, now)
            : _ledger.Expire(change.Id, change.Tags);
    }

    private void ReconsiderAll()
    {
        lock (_gate)
        {
            foreach (var pending in _pending.Values.ToList())
            {
                ReconsiderNeedsLock(pending);
            }
        }
    }

    /// <summary>Sends the change to members that it has not been sent to, and completes it if all members as of now have acknowledged.</summary>
    private void ReconsiderNeedsLock(PendingChange pending)
    {
        var isReached = true;
        var members = _membership.Others;
        foreach (var silo in members)
        {
            isReached &= pending.IsAcknowledgedBy(silo);
            if (pending.TryAddress(silo))
            {
                OutboxOf(silo).Add(pending);
                SendNeedsLock(silo);
            }
        }

        if (!isReached)
        {
            return;
        }

        if (!_lease.IsValid())
        {
            pending.End(ChangeOutcome.Incomplete("The coordinating silo has no valid serving lease."));
            return;
        }

        _metrics.OnUpdate(_time.Now() - pending.BegunAt);
        pending.End(ChangeOutcome.Complete(members.Length + 1));
        SettleNeedsLock(pending);
    }

    private void SettleNeedsLock(PendingChange pending)
    {
        _pending.Remove(pending.Change.Id);
        while (_oldestUnsettled <= _sequence && !_pending.ContainsKey(new(_incarnation, _oldestUnsettled)))
        {
            _oldestUnsettled++;
        }

        SettleEverywhereNeedsLock(pending.Change.Id);
        if (pending.Finishes is { } finished)
        {
            _open.Settle(finished);
            _finishing.Remove(finished);
            SettleEverywhereNeedsLock(finished);
        }
    }

    private void SettleEverywhereNeedsLock(UpdateId id)
    {
        _ledger.Settle(id);
        foreach (var silo in _membership.Others)
        {
            OutboxOf(silo).AddSettled(id);
            SendNeedsLock(silo);
        }
    }

    /// <summary>Takes over what is open here of a coordinator that died: as updates of this silo's own, which settle both.</summary>
    private void FinishUpdatesOf(SiloAddress coordinator)
    {
        List<TagChange> orphans;
        lock (_gate)
        {
            orphans = [.. _open.Of(coordinator).Where(change => _finishing.Add(change.Id))];
            _open.Forget(silo => silo.Equals(coordinator));
        }

        if (orphans.Count > 0)
        {
            LogFinishing(orphans.Count, coordinator);
        }

        foreach (var change in orphans)
        {
            Begin(new(change.Tags, change.StaleFor), change.Id);
        }
    }

    private Outbox OutboxOf(SiloAddress silo)
    {
        if (!_outboxes.TryGetValue(silo, out var outbox))
        {
            _outboxes.Add(silo, outbox = new());
        }

        return outbox;
    }

    private void SendNeedsLock(SiloAddress silo)
    {
        var outbox = OutboxOf(silo);
        if (!outbox.IsSending)
        {
            outbox.IsSending = true;
            _ = Task.Run(() => Send(silo, outbox));
        }
    }

    private async Task Send(SiloAddress silo, Outbox outbox)
    {
        while (TakeBatch(silo, outbox) is var (changes, settled, oldestUnsettled))
        {
            try
            {
                var batch = new ChangeBatch(_self, _incarnation, [.. changes.Select(pending => pending.Change)], [.. settled], oldestUnsettled);
                var receipt = await _peers.On(silo).Deliver(batch);
                Acknowledged(silo, outbox, changes, receipt);
            }
            catch (Exception exception)
            {
                // Whatever it was, the member has not acknowledged: again, until it has or has left.
                LogNotDelivered(exception, silo);
                lock (_gate)
                {
                    outbox.PutBack(changes, settled);
                }

                await Task.Delay(RetryPause, _time);
            }
        }
    }

    private (List<PendingChange> Changes, List<UpdateId> Settled, long OldestUnsettled)? TakeBatch(SiloAddress silo, Outbox outbox)
    {
        lock (_gate)
        {
            var isMember = _membership.Others.Contains(silo);
            if (!isMember)
            {
                outbox.Clear();
            }

            if (outbox.IsEmpty)
            {
                outbox.IsSending = false;
                if (!isMember)
                {
                    _outboxes.Remove(silo);
                }

                return null;
            }

            var (changes, settled) = outbox.TakeBatch();
            return (changes, settled, _oldestUnsettled);
        }
    }

    private void Acknowledged(SiloAddress silo, Outbox outbox, List<PendingChange> sent, BatchReceipt receipt)
    {
        var acknowledged = receipt.Acknowledged.ToHashSet();
        lock (_gate)
        {
            outbox.PutBack(sent.FindAll(pending => !acknowledged.Contains(pending.Change.Id)), []);
            foreach (var pending in sent.Where(pending => acknowledged.Contains(pending.Change.Id)))
            {
                pending.Acknowledged(silo);
                if (_pending.ContainsKey(pending.Change.Id))
                {
                    ReconsiderNeedsLock(pending);
                }
            }
        }
    }

    [LoggerMessage(3301, LogLevel.Debug, "A batch did not reach silo {Silo}; it is sent again")]
    private partial void LogNotDelivered(Exception exception, SiloAddress silo);

    [LoggerMessage(3302, LogLevel.Information, "Finishing {Count} updates whose coordinator {Silo} is dead")]
    private partial void LogFinishing(int count, SiloAddress silo);
}
