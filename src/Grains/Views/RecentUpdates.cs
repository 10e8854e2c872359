using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Views;

/// <summary>When this silo last learnt of an update and of a revalidation of each tag, for people to look at. The oldest are forgotten.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RecentUpdates
{
    private const int Maximum = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<TagId, (Moment? Update, Moment? Revalidation)> _tags = [];
    private readonly Queue<TagId> _order = [];

    /// <summary>Notes what an update does to each of its tags. One of all of several tags does nothing to a tag by itself.</summary>
    public void Note(TagUpdate update, Moment now)
    {
        if (update.Match == TagMatch.All)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var tag in update.Tags)
            {
                if (tag.Kind == TagKind.Tag)
                {
                    NoteNeedsLock(tag, update.StaleFor is null, now);
                }
            }
        }
    }

    public (Moment? Update, Moment? Revalidation) Of(TagId tag)
    {
        lock (_gate)
        {
            return _tags.GetValueOrDefault(tag);
        }
    }

    private void NoteNeedsLock(TagId tag, bool isUpdate, Moment now)
    {
        if (_tags.TryGetValue(tag, out var known))
        {
            _tags[tag] = isUpdate ? known with { Update = now } : known with { Revalidation = now };
            return;
        }

        if (_order.Count == Maximum)
        {
            _tags.Remove(_order.Dequeue());
        }

        _tags.Add(tag, isUpdate ? (now, null) : (null, now));
        _order.Enqueue(tag);
    }
}
