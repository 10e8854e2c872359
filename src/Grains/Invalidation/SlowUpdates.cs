using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Invalidation;

/// <summary>The slowest updates of the last hour that this silo coordinated, for people to look at.</summary>
/// <remarks>Not thread-safe: the invalidator guards it. An update that is faster than all that are kept costs a comparison.</remarks>
internal sealed class SlowUpdates(TimeProvider time)
{
    /// <summary>How many are kept, and how many open ones are told of.</summary>
    public const int Kept = 64;

    /// <summary>How many of its tags one is told with.</summary>
    public const int TagsTold = 8;

    /// <summary>What is faster is not slow, however few there are.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly PriorityQueue<(UpdateReport Report, Moment Until), TimeSpan> _slowest = new(Kept);
    private Moment _nextEnd = Moment.Never;

    /// <summary>Whether an update that took so long, and has ended now, is to be kept.</summary>
    public bool IsSlow(TimeSpan elapsed, Moment now) =>
        elapsed > Least && (_slowest.Count < Kept || now >= _nextEnd || (_slowest.TryPeek(out _, out var least) && elapsed > least));

    /// <summary>Keeps one, and lets those go that are too old, or the fastest.</summary>
    public void Keep(TagUpdate update, UpdateKind kind, TimeSpan elapsed, Moment now, UpdateDelay[] delays)
    {
        DropOld(now);
        _slowest.Enqueue((Report(update, kind, elapsed, isOpen: false, delays), now + Memory), elapsed);
        if (_slowest.Count > Kept)
        {
            _slowest.Dequeue();
        }

        _nextEnd = _slowest.UnorderedItems.Select(item => item.Element.Until).Aggregate(Moment.Earlier);
    }

    /// <summary>Those that are kept, in no order.</summary>
    public IEnumerable<UpdateReport> Of(Moment now) => _slowest.UnorderedItems.Where(item => item.Element.Until > now).Select(item => item.Element.Report);

    /// <summary>An update that has gone on until now, or ended now.</summary>
    public UpdateReport Report(TagUpdate update, UpdateKind kind, TimeSpan elapsed, bool isOpen, UpdateDelay[] delays)
    {
        TagId[] told = update.Tags.Length > TagsTold ? update.Tags[..TagsTold] : update.Tags;
        return new(told, update.Tags.Length - told.Length, kind, time.GetUtcNow() - elapsed, elapsed, isOpen, delays);
    }

    private void DropOld(Moment now)
    {
        if (now < _nextEnd)
        {
            return;
        }

        (UpdateReport Report, Moment Until)[] left = [.. _slowest.UnorderedItems.Select(item => item.Element).Where(kept => kept.Until > now)];
        _slowest.Clear();
        foreach (var kept in left)
        {
            _slowest.Enqueue(kept, kept.Report.Elapsed);
        }
    }
}
