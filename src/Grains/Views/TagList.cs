using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Views;

/// <summary>The tags that live entries of this silo bear.</summary>
/// <remarks>Thread-safe. A list costs time in the number of entries, and memory in its own length: no read and no update waits for it.</remarks>
internal sealed class TagList(EntryTable table, TagLedger ledger, TimeProvider time)
{
    /// <summary>The first tags of the namespace after one, in ordinal order, each with its live dependents.</summary>
    public TagCount[] After(CacheNamespace ns, string prefix, int limit, string? after)
    {
        var now = time.Now();
        var home = ns.Scope(string.Empty);

        // The smallest so far. One that has fallen out never comes back, so that the counts of those that stay are whole.
        var (names, counts) = (new SortedSet<string>(StringComparer.Ordinal), new Dictionary<string, long>(StringComparer.Ordinal));
        foreach (var entry in table.Snapshot())
        {
            if (!entry.ScopedKey.StartsWith(home, StringComparison.Ordinal) || entry.Value is not { IsStandbyCopy: false } value || value.FreshnessAt(ledger, now) > Freshness.Stale)
            {
                continue;
            }

            foreach (var record in value.TagRecords)
            {
                if (record.Tag.Kind == TagKind.Tag && record.Tag.Namespace == ns)
                {
                    Count(record.Tag.Name);
                }
            }
        }

        return [.. names.Select(tag => new TagCount(tag, counts[tag]))];

        void Count(string tag)
        {
            if (counts.TryGetValue(tag, out var count))
            {
                counts[tag] = count + 1;
                return;
            }

            if (!tag.StartsWith(prefix, StringComparison.Ordinal)
                || (after is not null && string.CompareOrdinal(tag, after) <= 0)
                || (names.Count == limit && string.CompareOrdinal(tag, names.Max) > 0))
            {
                return;
            }

            names.Add(tag);
            counts.Add(tag, 1);
            if (names.Count > limit)
            {
                counts.Remove(names.Max!);
                names.Remove(names.Max!);
            }
        }
    }
}
