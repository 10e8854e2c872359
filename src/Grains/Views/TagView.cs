using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Views;

/// <summary>What this silo can tell of a tag: its live dependents, and when it last changed.</summary>
/// <remarks>Thread-safe. A view costs time in the number of dependents; no read and no update waits for it; a revalidation asks it which tags a loader's entries bear.</remarks>
internal sealed class TagView(
    EntryTable table, DependentsIndex index, TagLedger ledger, RecentUpdates recent, ILocalSiloDetails silo, TimeProvider time)
{
    /// <summary>More keys are told of when these are done: an answer must be small enough to be sent.</summary>
    private const int MaximumStaleKeys = 50_000;

    public TagOnSilo Describe(TagId tag)
    {
        var now = time.Now();
        var (update, revalidation) = recent.Of(tag);
        return new(silo.SiloAddress.ToString(), Live(tag, now).LongCount(), now - update, now - revalidation);
    }

    /// <summary>The first live dependents after a key, in ordinal order, without their namespace.</summary>
    public string[] Dependents(TagId tag, int limit, string? after)
    {
        // A heap of the smallest keys so far, the largest of them on top.
        var smallest = new PriorityQueue<string, string>(Comparer<string>.Create((left, right) => string.CompareOrdinal(right, left)));
        foreach (var entry in Live(tag, time.Now()))
        {
            var key = CacheNamespace.Split(entry.ScopedKey).Name;
            if (after is not null && string.CompareOrdinal(key, after) <= 0)
            {
                continue;
            }

            smallest.Enqueue(key, key);
            if (smallest.Count > limit)
            {
                smallest.Dequeue();
            }
        }

        return [.. smallest.UnorderedItems.Select(item => item.Element).Order(StringComparer.Ordinal)];
    }

    /// <summary>Those of the tags that an entry here bears which a loader made.</summary>
    public TagId[] LoadedTags(TagId[] tags) =>
        table.HasLoaded ? Array.FindAll(tags, tag => Bearing(tag).Any(entry => entry.Value is { IsLoaded: true })) : [];

    /// <summary>The stale dependents that a loader made, those first that were read last.</summary>
    public StaleKeys StaleLoaded(TagId tag)
    {
        var now = time.Now();
        EntrySlot[] stale =
        [
            .. Bearing(tag)
                .Where(entry => entry.Value is { IsLoaded: true } value && value.FreshnessAt(ledger, now) == Freshness.Stale)
                .OrderByDescending(entry => entry.LastUse),
        ];
        return new([.. stale.Take(MaximumStaleKeys).Select(entry => entry.ScopedKey)], stale.Length <= MaximumStaleKeys);
    }

    /// <summary>Those of the tag's own namespace: what was made from them in others is not for the eyes of this one. Copies for the case that another silo dies are told of by that silo.</summary>
    private IEnumerable<EntrySlot> Live(TagId tag, Moment now)
    {
        var home = tag.Namespace.Scope(string.Empty);
        return Bearing(tag).Where(entry => entry.ScopedKey.StartsWith(home, StringComparison.Ordinal)
            && entry.Value is { IsStandbyCopy: false } value && value.FreshnessAt(ledger, now) <= Freshness.Stale);
    }

    private IEnumerable<EntrySlot> Bearing(TagId tag)
    {
        return tag.Name == TagName.Everything.Value
            ? table.Snapshot().Where(entry => entry.ScopedKey.StartsWith(tag.Namespace.Scope(string.Empty), StringComparison.Ordinal)).Concat(index.Of(tag))
            : index.Of(tag);
    }
}
