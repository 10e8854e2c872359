using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Sessions;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;
using OrleansTagCache.Views;

namespace OrleansTagCache.Invalidation;

/// <summary>
/// Carries updates to every process that may serve old values, and takes those of the other silos.
///
/// <para><b>Promise.</b> When an update that was begun here ends complete, no read that starts afterwards, in any process, gets a value whose
/// generation began before the update did.</para>
///
/// <para><b>Why.</b> The update is applied to the own ledger first, then to the own clients, then sent to every member in batches, again and
/// again until each has acknowledged or has left. A member acknowledges when its ledger has applied it and every client of its own that may
/// serve one of the old values has let go, or has lost the right to. Members are read when the update completes, not when it began
/// (invariant U1), and it completes only while this silo's own serving lease is valid (invariant V2). Then it is settled: members may keep
/// copies under its tags again.</para>
///
/// <para><b>Unknown, never done.</b> An update that did not complete in its caller's time goes on until it is settled. One whose coordinator
/// dies is finished by every member that holds it open, as an update of its own; expiring twice is harmless.</para>
/// </summary>
/// <remarks>
/// Thread-safe. One lock guards what is pending, open and to be sent; the sessions' and the ledger's locks are taken inside it. The
/// sender works outside of it.
/// </remarks>
internal sealed partial class Invalidator : IUpdateSource, IDisposable
{
    /// <summary>What was sent and not acknowledged for so long is sent again.</summary>
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Coordination<SiloAddress> _coordination = new(Guid.NewGuid());
    private readonly PendingCallers _callers;
    private readonly Dictionary<UpdateId, SiloAddress> _awaitingClients = [];
    private readonly HashSet<SiloAddress> _dead = [];
    private readonly OpenUpdates<SiloAddress> _open = new();
    private readonly TagLedger _ledger;
    private readonly Members _membership;
    private readonly ServingLease _lease;
    private readonly ClientSessions _sessions;
    private readonly RecentUpdates _recent;
    private readonly StampHistory _history;
    private readonly PeerVersions _versions;
    private readonly int _maximumHolds;
    private readonly SiloAddress _self;
    private readonly TimeProvider _time;
    private readonly ILogger<Invalidator> _logger;
    private readonly UpdateSender _sender;
    private readonly Confirmations _confirmations;
    private int _awaitingOwnClients;
    private readonly OnDemandTimer _repeating;

    public Invalidator(
        TagLedger ledger,
        Members membership,
        ServingLease lease,
        ClientSessions sessions,
        RecentUpdates recent,
        StampHistory history,
        IPeers peers,
        SiloMetrics metrics,
        PeerVersions versions,
        TagCacheOptions options,
        ILocalSiloDetails self,
        TimeProvider time,
        ILogger<Invalidator> logger)
    {
        (_versions, _maximumHolds) = (versions, options.MaximumHolds);
        (_ledger, _membership, _lease, _sessions, _recent, _history) = (ledger, membership, lease, sessions, recent, history);
        (_self, _time, _logger, _callers) = (self.SiloAddress, time, logger, new(metrics, self.SiloAddress, time, logger));
        _events = new(_coordination.Incarnation, _self);
        _sender = new(peers, this, _self, time, logger);
        _confirmations = new(peers, _self, logger);
        membership.Changed += ReconsiderAll;
        membership.Died += FinishUpdatesOf;
        lease.Renewed += ReconsiderAll;
        sessions.Released += ClientsLetGo;
        _repeating = new(RepeatAfter / 2, Repeat, LogRepeatFailed, time);
        _overdue = new(OverduePeriod, EndOverdueHolds, LogHoldsNotEnded, time);
    }

    /// <summary>How many updates of this silo's own are not settled.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _coordination.Count;
            }
        }
    }

    /// <summary>How many settled updates are remembered here, so that late repeats of them are not opened.</summary>
    public int RememberedCount
    {
        get
        {
            lock (_gate)
            {
                return _open.Remembered;
            }
        }
    }

    /// <summary>Who has not acknowledged updates of this silo: other silos, or <c>clients of</c> this one.</summary>
    public string[] DelayedBy
    {
        get
        {
            lock (_gate)
            {
                var silos = _coordination.Waiting(_membership.Others).Select(silo => silo.ToString());
                return [.. _awaitingOwnClients > 0 ? silos.Append(ClientsOf(_self)) : silos];
            }
        }
    }

    /// <summary>
    /// Begins an update: this silo's own ledger has applied it when the call returns; the task ends when every member has, or when this silo
    /// finds itself without the right to complete it.
    /// </summary>
    /// <param name="request">The update.</param>
    /// <param name="when">Asked right before it is applied, with no other update in between; if it says no, the stamp is that of nothing.</param>
    /// <param name="later">Gets the silos that it is to be sent to, of a caller who begins more updates and then has them sent together, whatever happens: see <see cref="Send"/>.</param>
    public (Stamp Applied, Task<UpdateOutcome> Completion) Begin(UpdateRequest request, Func<bool>? when = null, ICollection<SiloAddress>? later = null)
    {
        lock (_gate)
        {
            var isSo = when?.Invoke() ?? true;
            var (applied, completion, _) = Begin(request, finishes: null, later, isSet: when is not null);
            return (isSo ? applied : Stamp.Zero, completion);
        }
    }

    /// <summary>Sends what was begun for these silos.</summary>
    public void Send(IEnumerable<SiloAddress> silos) => _sender.WakeAll(silos);

    /// <summary>Begins an update and waits for it for a bounded time; then the outcome is incomplete and the update goes on by itself.</summary>
    public async Task<UpdateOutcome> Update(UpdateRequest request, TimeSpan patience)
    {
        var (_, completion, id) = Begin(request, finishes: null);
        return await Within(completion, patience, id);
    }

    /// <summary>Waits for a begun update for a bounded time; then the outcome is incomplete and the update goes on by itself.</summary>
    /// <param name="completion">From <see cref="Begin(UpdateRequest, Func{bool}, ICollection{SiloAddress})"/>.</param>
    /// <param name="patience">How long.</param>
    /// <param name="id">Which one, to say who has not acknowledged it; null to say it of all.</param>
    public async Task<UpdateOutcome> Within(Task<UpdateOutcome> completion, TimeSpan patience, UpdateId? id = null)
    {
        try
        {
            return await completion.WaitAsync(patience, _time);
        }
        catch (TimeoutException)
        {
            return UpdateOutcome.Incomplete(
                $"Not acknowledged yet: {string.Join(", ", DelayedBy.Take(Unacknowledged.Most))}. The update goes on in the background.", Waiting(id, patience));
        }
    }

    /// <summary>Who has not acknowledged an update of this silo, or any of them if it is not said which.</summary>
    private Unacknowledged[] Waiting(UpdateId? id, TimeSpan patience)
    {
        List<SiloAddress> silos;
        TimeSpan waited;
        lock (_gate)
        {
            var members = _membership.Others;
            silos = id is { } known ? _coordination.Waiting(known, members) : _coordination.Waiting(members);
            waited = id is { } one ? _callers.WaitedFor(one) : patience;
        }

        return
        [
            .. silos.Select(silo => new Unacknowledged(silo.ToString(), null, waited, IsDead: _membership.IsDead(silo)))
                .Concat(_sessions.Waiting(id, Unacknowledged.Most))
                .Take(Unacknowledged.Most),
        ];
    }

    /// <summary>A member's clients have let go of what they held up.</summary>
    public void Confirmed(SiloAddress member, UpdateId[] updates, bool isSessionBroken) => Acknowledged(member, updates, isSessionBroken);

    public void Dispose()
    {
        _repeating.Dispose();
        _overdue.Dispose();
    }

    private (Stamp Applied, Task<UpdateOutcome> Completion, UpdateId Id) Begin(UpdateRequest request, UpdateId? finishes, ICollection<SiloAddress>? later = null, bool isSet = false)
    {
        lock (_gate)
        {
            var activity = Tracing.StartApart<string>(CacheActivities.Update, ActivityKind.Server, request.Traces, static trace => trace);
            var update = _coordination.Begin(request.Tags, request.StaleFor, finishes, activity?.Id ?? request.Traces?[0], match: request.Match, remember: request.Remember);
            var (applied, completion) = BeginNeedsLock(update, activity, later, isSet);
            return (applied, completion, update.Id);
        }
    }

    private (Stamp Applied, Task<UpdateOutcome> Completion) BeginNeedsLock(TagUpdate update, Activity? activity, ICollection<SiloAddress>? later, bool isSet = false)
    {
        _repeating.Start();
        var completion = _callers.Add(update, isSet, activity);
        var applied = Apply(update);
        if (IsHeldUpNeedsLock(update, applied))
        {
            _awaitingClients[update.Id] = _self;
            _awaitingOwnClients++;
        }

        CacheEvents.Write(CacheEvent.UpdateOpened, this);
        ReconsiderNeedsLock(update.Id, later);
        return (applied, completion);
    }

    private Stamp Apply(TagUpdate update)
    {
        var now = _time.Now();
        _history.NoteOpening(update, now, _ledger);
        _recent.Note(update, now);
        return update.Match == TagMatch.All ? _ledger.ExpireAll(update.Id, update.Tags)
            : update.HoldFor is { } atMost ? ApplyHoldNeedsLock(update, atMost, now)
            : update.StaleFor is { } staleFor ? _ledger.Stale(update.Id, update.Tags, now + staleFor, now, update.Remember)
            : _ledger.Expire(update.Id, update.Tags, update.Remember);
    }

    /// <summary>Noted like what was applied: of what was copied before it nothing is believed.</summary>
    private void Settle(UpdateId update)
    {
        _history.NoteSettling(update, _time.Now(), _ledger);
        _ledger.Settle(update);
    }

    private void ReconsiderAll()
    {
        lock (_gate)
        {
            var (members, now) = (_membership.Others, _time.Now());
            foreach (var id in _coordination.Unsettled)
            {
                NoteGoneNeedsLock(id, members, now);
                ReconsiderNeedsLock(id);
            }
        }
    }

    private void ReconsiderNeedsLock(UpdateId id, ICollection<SiloAddress>? later = null)
    {
        var mail = later ?? [];
        List<UpdateId> settled = [];

        // The members first, the lease second (invariant V2).
        var members = _membership.Others;
        var verdict = _coordination.Reconsider(id, members, _awaitingClients.ContainsKey(id), _lease.IsValid(), mail, settled);
        foreach (var update in settled)
        {
            Settle(update);
            if (update.Coordinator != _coordination.Incarnation)
            {
                _open.Settle(update);
                _open.Forget(_dead.Contains);
                _events.Settled(update, _coordination.Incarnation, default);
            }
        }

        Send(later is null ? mail : []);
        if (verdict == UpdateVerdict.Complete)
        {
            LogNeedsLock(_callers.EndComplete(id, members.Length + 1));
            CacheEvents.Write(CacheEvent.UpdateSettled, this);
        }
        else if (verdict == UpdateVerdict.NoLease)
        {
            _callers.EndWithoutLease(id);
        }
    }

    /// <summary>The clients of this silo have let go: of updates of its own, and of others', whose coordinators are told.</summary>
    private void ClientsLetGo(List<UpdateId> updates, bool isSessionBroken)
    {
        var others = new List<(UpdateId Id, SiloAddress Coordinator)>();
        lock (_gate)
        {
            var now = _time.Now();
            foreach (var id in updates)
            {
                if (_awaitingClients.Remove(id, out var coordinator) && !coordinator.Equals(_self))
                {
                    others.Add((id, coordinator));
                    continue;
                }

                _awaitingOwnClients--;
                if (_callers.IsLate(id, now))
                {
                    _callers.WasDelayed(id, _self, now, isSessionBroken ? DelayReason.SessionBroken : DelayReason.Clients);
                }

                if (_callers.Heard(id, ClientsOf(_self)))
                {
                    ReconsiderNeedsLock(id);
                }
            }
        }

        _confirmations.Send(others, isSessionBroken);
    }

    /// <summary>Takes over what is open here of a coordinator that died: as updates of this silo's own, which settle both.</summary>
    private void FinishUpdatesOf(SiloAddress coordinator)
    {
        List<TagUpdate> orphans;
        lock (_gate)
        {
            orphans = [.. _open.Of(coordinator).Where(update => _coordination.TryClaim(update.Id))];
            _dead.Add(coordinator);
            _events.Died(coordinator);
            _open.Forget(_dead.Contains);
        }

        if (orphans.Count > 0)
        {
            LogFinishing(orphans.Count, coordinator);
        }

        foreach (var update in orphans)
        {
            Begin(new(update.Tags, update.StaleFor, update.Trace is { } trace ? [trace] : null, update.Match, update.Remember), update.Id);
        }
    }

    private static string ClientsOf(SiloAddress silo) => $"clients of {silo}";

    [LoggerMessage(3302, LogLevel.Information, "Finishing {Count} updates whose coordinator {Silo} is dead")]
    private partial void LogFinishing(int count, SiloAddress silo);
}
