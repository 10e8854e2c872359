using System.Collections.Concurrent;
using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>
/// Tag to the entries on this silo that bear it. It serves views and background work; no update looks at it, so an update costs the same
/// whatever stands here.
/// </summary>
/// <remarks>Thread-safe. Add and remove one entry's tags under that entry's gate, so that they come in the order of its values.</remarks>
internal sealed class DependentsIndex
{
    private readonly ConcurrentDictionary<TagId, Dependents> _tags = [];

    public void Add(EntrySlot entry, ReadOnlySpan<TagRecord> records)
    {
        foreach (var record in records)
        {
            while (!_tags.GetOrAdd(record.Tag, _ => new()).TryAdd(entry))
            {
                // The last dependent has just left and took the set with it; the next look finds another.
            }
        }
    }

    public void Remove(EntrySlot entry, ReadOnlySpan<TagRecord> records)
    {
        foreach (var record in records)
        {
            if (_tags.TryGetValue(record.Tag, out var dependents) && dependents.Remove(entry))
            {
                _tags.TryRemove(new(record.Tag, dependents));
            }
        }
    }

    /// <summary>The entries that bear the tag now, dead ones that have not been swept yet included.</summary>
    public EntrySlot[] Of(TagId tag) => _tags.TryGetValue(tag, out var dependents) ? dependents.ToArray() : [];

    /// <summary>One tag's entries: a bare reference while there is one, a set from two on. Most tags of most applications have one.</summary>
    private sealed class Dependents
    {
        private readonly Lock _gate = new();
        private object? _members;
        private bool _isGone;

        public bool TryAdd(EntrySlot entry)
        {
            lock (_gate)
            {
                if (_isGone)
                {
                    return false;
                }

                switch (_members)
                {
                    case HashSet<EntrySlot> set:
                        set.Add(entry);
                        break;
                    case EntrySlot one when one != entry:
                        _members = new HashSet<EntrySlot> { one, entry };
                        break;
                    default:
                        _members = entry;
                        break;
                }

                return true;
            }
        }

        /// <summary>True if that was the last one: the set is gone, and a caller that still holds it must look again.</summary>
        public bool Remove(EntrySlot entry)
        {
            lock (_gate)
            {
                if (_members is HashSet<EntrySlot> set)
                {
                    set.Remove(entry);
                    _isGone = set.Count == 0;
                }
                else if (_members == entry)
                {
                    _members = null;
                    _isGone = true;
                }

                return _isGone;
            }
        }

        public EntrySlot[] ToArray()
        {
            lock (_gate)
            {
                return _members switch
                {
                    HashSet<EntrySlot> set => [.. set],
                    EntrySlot one => [one],
                    _ => [],
                };
            }
        }
    }
}
