using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Journal;

/// <summary>An update or a revalidation that is complete, or a hold that has ended.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="StaleFor">Null if the dependents have expired; otherwise how long they may still be served stale.</param>
/// <param name="At">When this silo heard of it.</param>
/// <param name="SeenUpTo">Of its coordinator, the number up to which a reader has got everything that has got this too.</param>
/// <param name="Match">Whether it was of what bears any of the tags, or of what bears all of them.</param>
internal readonly record struct LoggedEvent(UpdateId Id, TagId[] Tags, TimeSpan? StaleFor, DateTimeOffset At, long SeenUpTo, TagMatch Match = TagMatch.Any);

/// <summary>A reader's place in the log of one silo.</summary>
/// <param name="log">The number of the next event there.</param>
/// <param name="position">What the reader has got.</param>
internal sealed class EventCursor(long log, EventPosition position)
{
    private readonly Dictionary<Guid, long> _seen = new(position.Seen);

    /// <summary>The number of the next event in the log of the silo.</summary>
    public long Next { get; set; } = log;

    /// <summary>The date of what it has got last.</summary>
    public DateTimeOffset At { get; private set; } = position.At;

    /// <summary>Where the reader stands.</summary>
    public EventPosition Position => new(At, _seen);

    /// <summary>The next event of the log. False if the reader has got it before, or something that has the same effect.</summary>
    public bool Take(LoggedEvent logged)
    {
        var seen = _seen.GetValueOrDefault(logged.Id.Coordinator);
        Next++;
        At = logged.At > At ? logged.At : At;
        _seen[logged.Id.Coordinator] = Math.Max(seen, logged.SeenUpTo);
        return logged.Id.Sequence > seen;
    }

    /// <summary>Everything in the log was taken, and the silo stands there.</summary>
    public void Stands(EventPosition position)
    {
        At = position.At;

        // Those that the silo has forgotten, or a position would grow with every silo that has ever been.
        foreach (var (gone, _) in _seen.Where(seen => seen.Value == EventPosition.All && !position.Seen.ContainsKey(seen.Key)).ToArray())
        {
            _seen.Remove(gone);
        }

        foreach (var (coordinator, seen) in position.Seen)
        {
            _seen[coordinator] = Math.Max(_seen.GetValueOrDefault(coordinator), seen);
        }
    }
}
