using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Tags;

/// <summary>
/// When this silo last learnt of an update and of a revalidation of each tag, for people to look at, the oldest forgotten; and what its clock read
/// when, for plain sets.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RecentChanges(TagLedger ledger)
{
    private const int Maximum = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<TagId, (Moment? Update, Moment? Revalidation)> _tags = [];
    private readonly Queue<TagId> _order = [];

    private readonly StampHistory _history = new();

    /// <summary>This silo begins to serve: it learns of every change that completes from now on.</summary>
    public void Begin(Moment now) => _history.Begin(now);

    /// <summary>A stamp for a value that was made at that moment, or later.</summary>
    public Stamp StampAsOf(Moment moment) => _history.AsOf(moment, ledger.Stamp());

    /// <summary>To be called before the ledger applies the change, one change at a time.</summary>
    public void Note(TagChange change, Moment now)
    {
        _history.Note(now, ledger.Stamp());
        lock (_gate)
        {
            foreach (var tag in change.Tags)
            {
                if (tag.Kind == TagKind.Tag)
                {
                    NoteNeedsLock(tag, change.StaleFor is null, now);
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
