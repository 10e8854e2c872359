using OrleansTagCache.Coherence;
using OrleansTagCache.Journal;

namespace OrleansTagCache.Invalidation;

/// <content>What readers outside of the cluster are told of updates that have ended: see <see cref="EventLog{TSilo}"/>.</content>
internal sealed partial class Invalidator
{
    private readonly EventLog<SiloAddress> _events;

    /// <summary>The updates that have ended lately.</summary>
    public EventLog<SiloAddress> Events => _events;

    /// <summary>A place behind every update that has ended until now, as far as this silo has heard.</summary>
    public EventCursor EventsFromNow()
    {
        lock (_gate)
        {
            _events.Advance(_coordination.Incarnation, _coordination.SettledUpTo);
            return _events.End(_time.GetUtcNow());
        }
    }

    /// <summary>Where a reader stands that has got everything that has ended until now; null if this one has not.</summary>
    public EventPosition? PositionOf(EventCursor cursor)
    {
        lock (_gate)
        {
            _events.Advance(_coordination.Incarnation, _coordination.SettledUpTo);
            return _events.PositionAt(cursor, _time.GetUtcNow());
        }
    }

    /// <summary>An update of another silo has ended, as that one says, or one that has finished it.</summary>
    private void SettleNeedsLock(UpdateId update, Guid by)
    {
        Settle(update);
        _events.Settled(update, by, _time.GetUtcNow());
    }

    /// <summary>An update of this silo's own is complete: that of keys alone no reader is told of.</summary>
    private void LogNeedsLock(TagUpdate update)
    {
        if (update.ChangesTags && update.HoldFor is null)
        {
            _events.Opened(update);
            _events.Settled(update.Id, _coordination.Incarnation, _time.GetUtcNow());
            _events.Advance(_coordination.Incarnation, _coordination.SettledUpTo);
        }
    }
}
