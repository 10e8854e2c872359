using System.Diagnostics;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Invalidation;

/// <content>What this silo does as a member with the updates of others.</content>
internal sealed partial class Invalidator
{
    /// <summary>A batch of another silo: applies all of it, and acknowledges what no client holds up.</summary>
    public UpdateReceipt Receive(SiloAddress coordinator, UpdateBatch batch)
    {
        using var activity = Tracing.Start(CacheActivities.Deliver, ActivityKind.Server, batch.Trace);
        UpdateReceipt receipt;
        List<UpdateId> received;
        List<(TagUpdate Update, Stamp At)> walks = [];
        lock (_gate)
        {
            foreach (var id in _open.SettleBefore(coordinator, batch.Incarnation, batch.OldestUnsettled))
            {
                Settle(id);
            }

            foreach (var id in batch.Settled)
            {
                _open.Settle(id);
                Settle(id);
            }

            received = batch.Updates.Where(update => ReceiveNeedsLock(coordinator, update, activity?.Id ?? batch.Trace, walks)).Select(update => update.Id).ToList();
            foreach (var hold in batch.Released ?? [])
            {
                _holds.End(hold.Id, isLeaseValid: false);
                ReleaseNeedsLock(hold.Id, hold.Tags);
            }

            CacheEvents.Write(CacheEvent.UpdateSettled, this);
        }

        walks.ForEach(walk => Walk(walk.Update, walk.At));
        lock (_gate)
        {
            receipt = new([.. received.Where(id => !_awaitingClients.ContainsKey(id))]);
        }

        if (_membership.IsDead(coordinator))
        {
            FinishUpdatesOf(coordinator);
        }

        return receipt;
    }

    /// <summary>Applies it. False if it must not be acknowledged.</summary>
    private bool ReceiveNeedsLock(SiloAddress coordinator, TagUpdate update, string? trace, List<(TagUpdate Update, Stamp At)> walks)
    {
        if (update.HoldFor is not null)
        {
            return ReceiveHoldNeedsLock(coordinator, update, trace);
        }

        switch (_open.Arrived(coordinator, update))
        {
            case Arrival.First when update.Match == TagMatch.All:
                walks.Add((trace is null ? update : update with { Trace = trace }, Apply(update)));
                _awaitingClients[update.Id] = coordinator;
                break;
            case Arrival.First:
                Apply(update);
                if (!_sessions.Queue(trace is null ? update : update with { Trace = trace }))
                {
                    _awaitingClients[update.Id] = coordinator;
                }

                break;
            case Arrival.Settled:
                // A late repeat of something settled long ago: expiring again is harmless, staying open would not be.
                Apply(update);
                Settle(update.Id);
                break;
            default:
                break;
        }

        return true;
    }
}
