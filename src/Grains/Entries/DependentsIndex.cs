using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>
/// Tag to the entries on this silo that bear it, in the tag's own record, which is there for as long as one does; what the silo holds as a standby among them. It serves views, background work and
/// the walks of updates of all of several tags. No other update looks at it, so that costs the same whatever stands here.
/// </summary>
/// <remarks>Thread-safe. Add and remove one entry's tags under that entry's gate, so that they come in the order of its values.</remarks>
internal sealed class DependentsIndex(TagLedger ledger)
{
    public static void Add(EntrySlot entry, ReadOnlySpan<TagRecord> records)
    {
        foreach (var record in records)
        {
            lock (record)
            {
                // A bare reference while there is one, a set from two on: most tags of most applications have one.
                switch (record.Dependents)
                {
                    case HashSet<EntrySlot> set:
                        set.Add(entry);
                        break;
                    case EntrySlot one when one != entry:
                        record.Dependents = new HashSet<EntrySlot> { one, entry };
                        break;
                    default:
                        record.Dependents = entry;
                        break;
                }
            }
        }
    }

    public static void Remove(EntrySlot entry, TagRecord record)
    {
        lock (record)
        {
            if (record.Dependents is HashSet<EntrySlot> set)
            {
                set.Remove(entry);
                record.Dependents = set.Count == 0 ? null : set;
            }
            else if (record.Dependents == entry)
            {
                record.Dependents = null;
            }
        }
    }

    /// <summary>The entries of this silo's own that bear the tag now, dead ones that have not been swept yet included.</summary>
    public EntrySlot[] Of(TagId tag) => ledger.Find(tag) is { } record ? Array.FindAll(Of(record), static slot => slot.Value is not { IsStandbyCopy: true }) : [];

    /// <summary>How many bear it.</summary>
    public static int CountOf(TagRecord record)
    {
        lock (record)
        {
            return record.Dependents switch
            {
                HashSet<EntrySlot> set => set.Count,
                null => 0,
                _ => 1,
            };
        }
    }

    /// <summary>All that bear it, copies included.</summary>
    public static EntrySlot[] Of(TagRecord record)
    {
        lock (record)
        {
            return record.Dependents switch
            {
                HashSet<EntrySlot> set => [.. set],
                EntrySlot one => [one],
                _ => [],
            };
        }
    }
}
