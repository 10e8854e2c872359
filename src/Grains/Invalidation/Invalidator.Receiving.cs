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
            _events.Heard(coordinator, batch);
            foreach (var id in _open.SettleBefore(coordinator, batch.Incarnation, batch.OldestUnsettled).OrderBy(id => id.Sequence))
            {
                SettleNeedsLock(id, batch.Incarnation);
            }

            foreach (var id in batch.Settled)
            {
                _open.Settle(id);
                SettleNeedsLock(id, batch.Incarnation);
            }

            _events.Advance(batch.Incarnation, batch.OldestUnsettled - 1);
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

        var arrival = _open.Arrived(coordinator, update);
        if (arrival == Arrival.First && update.ChangesTags)
        {
            _events.Opened(update);
        }

        switch (arrival)
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
