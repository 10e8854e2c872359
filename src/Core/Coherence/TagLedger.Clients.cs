using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <content>Updates in a process that keeps no copies of what others keep: a client, whose silos push to it. Nothing is opened there, and nothing is settled.</content>
internal sealed partial class TagLedger
{
    /// <summary>Expires every dependent of the tags.</summary>
    /// <returns>The clock of the expiry. Acknowledge only after the call has returned.</returns>
    public Stamp Expire(ReadOnlySpan<TagId> tags) => ChangeUnopened(tags, (record, at) => record.ExpireNeedsLock(at));

    /// <summary>Marks every dependent of the tags stale, and expired from the deadline on.</summary>
    public Stamp Stale(ReadOnlySpan<TagId> tags, Moment deadline, Moment now) =>
        ChangeUnopened(tags, (record, at) => record.StaleNeedsLock(new(at, deadline), now));

    private Stamp ChangeUnopened(ReadOnlySpan<TagId> tags, Action<TagRecord, Stamp> change)
    {
        lock (_gate)
        {
            var at = new Stamp(_clock + 1);
            foreach (var tag in tags)
            {
                var record = FindOrMakeNeedsLock(tag);
                change(record, at);
                ChangedNeedsLock(record);
            }

            return PublishNeedsLock(at);
        }
    }
}
