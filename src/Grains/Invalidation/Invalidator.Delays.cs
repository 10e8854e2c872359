using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Invalidation;

/// <content>What people are told of slow updates: who delayed them, and why. An update that is not slow costs a look at the clock for each answer of a member.</content>
internal sealed partial class Invalidator
{
    /// <summary>The slowest updates of the last hour that this silo coordinated, and those that are open, in no order.</summary>
    public UpdateReport[] SlowUpdates()
    {
        lock (_gate)
        {
            var members = _membership.Others;
            return _callers.Slow(id => WaitsForNeedsLock(id, members));
        }
    }

    /// <summary>Members acknowledge these: what is late by now was delayed by them.</summary>
    private void NoteDelaysNeedsLock(SiloAddress silo, UpdateId[] updates, bool isSessionBroken)
    {
        var now = _time.Now();
        foreach (var id in updates)
        {
            if (_callers.IsLate(id, now) && _coordination.ReachOf(id, silo) is not UpdateReach.Acknowledged and var reach)
            {
                _callers.WasDelayed(id, silo, now, isSessionBroken ? DelayReason.SessionBroken : ReasonOf(reach));
            }
        }
    }

    /// <summary>The members changed: what is late was delayed by those that are no members any more and have not acknowledged.</summary>
    private void NoteGoneNeedsLock(UpdateId id, SiloAddress[] members, Moment now)
    {
        if (!_callers.IsLate(id, now))
        {
            return;
        }

        foreach (var (silo, _) in _coordination.Unacknowledged(id))
        {
            if (!members.Contains(silo))
            {
                _callers.WasDelayed(id, silo, now, _membership.IsDead(silo) ? DelayReason.LeaseWaitedOut : DelayReason.Left);
            }
        }
    }

    private IEnumerable<(SiloAddress Silo, DelayReason Why)> WaitsForNeedsLock(UpdateId id, SiloAddress[] members)
    {
        var waitsForMember = false;
        foreach (var (silo, reach) in _coordination.Unacknowledged(id).Where(silo => members.Contains(silo.Silo)))
        {
            waitsForMember = true;
            yield return (silo, _membership.IsDead(silo) ? DelayReason.LeaseWaitedOut : ReasonOf(reach));
        }

        if (_awaitingClients.ContainsKey(id))
        {
            yield return (_self, DelayReason.Clients);
        }
        else if (!waitsForMember)
        {
            yield return (_self, DelayReason.NoServingLease);
        }
    }

    private static DelayReason ReasonOf(UpdateReach reach) => reach switch
    {
        UpdateReach.Unanswered => DelayReason.NoAnswer,
        UpdateReach.AwaitsClients => DelayReason.Clients,
        _ => DelayReason.Slow,
    };
}
