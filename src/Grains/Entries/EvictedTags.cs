using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>
/// The tags of entries that this silo has evicted to make room, for readers outside of the cluster, as long as they are asked for again and again: while no one asks, an eviction costs one look at a flag, and nothing is kept.
///
/// <para>A tag is kept once until someone is told of it, however many of its entries go. Of more tags than there is room for the oldest are lost, and who has not got them is told so; as is who comes back after a time in which nothing was recorded.</para>
/// </summary>
/// <remarks>Thread-safe. One lock; nothing is called from within it.</remarks>
/// <param name="time">The clock.</param>
/// <param name="capacity">How many tags are kept at most.</param>
internal sealed class EvictedTags(TimeProvider time, int capacity = 4_096)
{
    /// <summary>For so long after a question evictions are recorded.</summary>
    private static readonly TimeSpan Attention = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly HashSet<TagId> _untold = [];
    private TagId[] _ring = [];
    private Moment _until;
    private long _first;
    private long _next;
    private long _told;
    private volatile bool _isAsked;

    /// <summary>Whether evictions are recorded.</summary>
    public bool IsRecording => _isAsked;

    /// <summary>What was evicted since then, and from now on for ten seconds more.</summary>
    /// <param name="position">Where the last answer ended; null for from now on.</param>
    public EvictedOnSilo After(long? position)
    {
        lock (_gate)
        {
            var now = time.Now();
            if (!_isAsked)
            {
                // No position of before is good for it. One whose time is over and that is still recording has missed nothing: the first eviction would have ended it.
                (_ring, _first, _isAsked) = (new TagId[capacity], ++_next, true);
            }

            _until = now + Attention;
            var from = Math.Clamp(position ?? _next, _first, _next);
            var tags = new TagId[_next - from];
            for (var i = 0; i < tags.Length; i++)
            {
                tags[i] = _ring[(from + i) % capacity];
            }

            _untold.Clear();
            _told = _next;
            return new(_next, tags, HasLost: position is { } last && last != from);
        }
    }

    /// <summary>An entry was evicted: the tags of its own namespace are recorded if someone asks for them.</summary>
    public void Evicted(StoredValue value)
    {
        if (!_isAsked)
        {
            return;
        }

        lock (_gate)
        {
            if (!_isAsked)
            {
                return;
            }

            if (time.Now() > _until)
            {
                (_isAsked, _ring) = (false, []);
                _untold.Clear();
                return;
            }

            // The last record is that of the namespace's '*'.
            var home = value.Records[^1].Tag.Namespace;
            foreach (var record in value.TagRecords)
            {
                if (record.Tag.Namespace == home && _untold.Add(record.Tag))
                {
                    AppendNeedsLock(record.Tag);
                }
            }
        }
    }

    private void AppendNeedsLock(TagId tag)
    {
        ref var place = ref _ring[_next % capacity];
        if (_next - _first == capacity)
        {
            // One that was told may stand there again, untold.
            if (_first++ >= _told)
            {
                _untold.Remove(place);
            }
        }

        place = tag;
        _next++;
    }
}
