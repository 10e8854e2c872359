using System.Runtime.InteropServices;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The tags whose updates are remembered for readers who name them, whether any entry bears them or not, in the order of their last changes. Their number is bounded: what is forgotten of them
/// lives on in a floor of their own, which stands for every tag without a record here, and for no tag that entries bear (invariant S3).
/// </summary>
/// <param name="maximum">How many are remembered. Beyond it the one that was changed longest ago becomes the floor.</param>
/// <remarks>Not thread-safe: the ledger's lock guards it.</remarks>
internal sealed class RememberedTags(int maximum)
{
    /// <summary>How many names a value takes along when it moves. One that would need more takes none: then nothing is known of it.</summary>
    public const int MostNames = 64;

    /// <summary>How many records are looked at for that.</summary>
    private const int MostLookedAt = 256;

    private readonly Dictionary<TagId, LinkedListNode<RememberedTag>> _byTag = [];
    private readonly LinkedList<RememberedTag> _order = new();

    /// <summary>What is expired or staled here, and not yet known to be everywhere.</summary>
    private readonly Dictionary<UpdateId, TagId[]> _open = [];

    /// <summary>The same by namespace and name, with the number of updates: a copy asks for the names of its own namespace alone, however much is open.</summary>
    private readonly Dictionary<CacheNamespace, Dictionary<string, int>> _openNames = [];
    private Stamp _floor;

    public int Count => _byTag.Count;

    /// <summary>From this tag's readers on, everything older is expired.</summary>
    public void Expire(TagId tag, Stamp at) => Touch(tag, at).Expired = at;

    /// <summary>Everything older is stale for this tag's readers, and expired from the deadline on.</summary>
    public void Stale(TagId tag, Staling staling, Moment now)
    {
        var record = Touch(tag, staling.At);
        record.Stalings = StalingSchedule.Add(record.Stalings, staling, now, out var expired);

        // What leaves the schedule is an expiry before it goes.
        record.Expired = Stamp.Max(record.Expired, expired);
    }

    /// <summary>That update of these tags is open until it is settled.</summary>
    public void Open(UpdateId update, TagId[] tags)
    {
        _open.Add(update, tags);
        foreach (var tag in tags)
        {
            ref var names = ref CollectionsMarshal.GetValueRefOrAddDefault(_openNames, tag.Namespace, out _);
            names ??= new(StringComparer.Ordinal);
            CollectionsMarshal.GetValueRefOrAddDefault(names, tag.Name, out _)++;
        }
    }

    /// <summary>Closes that update, if it is open here.</summary>
    public void Settle(UpdateId update, Stamp at)
    {
        if (_open.Remove(update, out var tags))
        {
            foreach (var tag in tags)
            {
                Close(tag);
                Touch(tag, at, isSettling: true).Settled = at;
            }
        }
    }

    /// <summary>The verdict of these tags' updates on a value with that stamp.</summary>
    public Freshness Of(CacheNamespace ns, ReadOnlySpan<string> names, Stamp stamp, Moment now)
    {
        var isStale = false;
        foreach (var name in names)
        {
            if (!_byTag.TryGetValue(TagId.OfTag(ns, name), out var found))
            {
                if (_floor > stamp)
                {
                    return Freshness.Expired;
                }

                continue;
            }

            var record = found.Value;
            var staling = record.Stalings?.Of(stamp) ?? StalingVerdict.None;
            if (record.Expired > stamp || staling.IsOverAt(now))
            {
                return Freshness.Expired;
            }

            isStale |= staling.IsStale;
        }

        return isStale ? Freshness.Stale : Freshness.Fresh;
    }

    /// <summary>The tags of a namespace that were updated after the stamp, and those that were known already; null if they are too many, or not all of them are known.</summary>
    public string[]? Since(CacheNamespace ns, Stamp stamp, ReadOnlySpan<string> known) => _floor > stamp ? null : Names(ns, stamp, known, static (record, stamp) => record.Updated > stamp);

    /// <summary>
    /// What is to be held against a copy that comes under a ticket with that stamp: what its sender knew; and each tag whose update is open here, or was settled since, of which the sender may not
    /// have heard before it read the value (invariant S4). Null if that is not known.
    /// </summary>
    public string[]? OfCopy(CacheNamespace ns, string[]? told, Stamp ticket)
    {
        if (told is null || told.Length > MostNames || _floor > ticket)
        {
            return null;
        }

        var names = ProtocolRules.SettledRememberedIsHeldAgainstCopies ? Names(ns, ticket, told, static (record, ticket) => record.Settled > ticket) : told;
        if (_open.Count == 0 || names is null || !ProtocolRules.OpenRememberedIsHeldAgainstCopies)
        {
            return names;
        }

        if (!_openNames.TryGetValue(ns, out var open))
        {
            return names;
        }

        if (open.Count > MostNames)
        {
            return null;
        }

        var all = new HashSet<string>(names, StringComparer.Ordinal);
        all.UnionWith(open.Keys);
        return all.Count > MostNames ? null : all.Count == names.Length ? names : [.. all];
    }

    /// <summary>Drops those that were last changed at or before the mark. Give a stamp that is not newer than that of any value that is kept, or may be, and none of them is refused for it.</summary>
    public void Forget(Stamp mark)
    {
        while (_order.First is { } oldest && oldest.Value.Newest <= mark)
        {
            Drop(oldest);
        }
    }

    /// <summary>One update of the tag is open no more.</summary>
    private void Close(TagId tag)
    {
        var names = _openNames[tag.Namespace];
        if (--CollectionsMarshal.GetValueRefOrNullRef(names, tag.Name) > 0 || !names.Remove(tag.Name) || names.Count > 0)
        {
            return;
        }

        _openNames.Remove(tag.Namespace);
    }

    private string[]? Names(CacheNamespace ns, Stamp stamp, ReadOnlySpan<string> known, Func<RememberedTag, Stamp, bool> isWanted)
    {
        List<string>? names = null;
        var lookedAt = 0;
        for (var node = _order.Last; node is not null && node.Value.Newest > stamp; node = node.Previous)
        {
            if (++lookedAt > MostLookedAt)
            {
                return null;
            }

            var record = node.Value;
            if (record.Tag.Namespace == ns && isWanted(record, stamp) && !known.Contains(record.Tag.Name))
            {
                (names ??= [.. known]).Add(record.Tag.Name);
            }
        }

        return names is null ? known.ToArray() : names.Count > MostNames ? null : [.. names];
    }

    /// <summary>The tag's record, in its place as the one that was changed last.</summary>
    private RememberedTag Touch(TagId tag, Stamp at, bool isSettling = false)
    {
        if (_byTag.TryGetValue(tag, out var node))
        {
            _order.Remove(node);
        }
        else
        {
            // Never 0: what was forgotten of this tag lives on in the floor (invariant S3).
            node = new(new(tag, ProtocolRules.RememberedStartsAtFloor ? _floor : default));
            _byTag.Add(tag, node);
        }

        _order.AddLast(node);
        node.Value.Updated = isSettling ? node.Value.Updated : at;
        while (_byTag.Count > maximum)
        {
            Drop(_order.First!);
        }

        return node.Value;
    }

    private void Drop(LinkedListNode<RememberedTag> node)
    {
        // The floor takes over what the record knew (invariant S3).
        _floor = ProtocolRules.SoftFloorIsRaised ? Stamp.Max(_floor, node.Value.Newest) : _floor;
        _order.Remove(node);
        _byTag.Remove(node.Value.Tag);
    }

    /// <summary>What is remembered of one tag.</summary>
    private sealed class RememberedTag(TagId tag, Stamp floor)
    {
        public TagId Tag => tag;

        /// <summary>What is older is expired.</summary>
        public Stamp Expired { get; set; } = floor;

        public StalingSchedule? Stalings { get; set; }

        /// <summary>The last update or revalidation.</summary>
        public Stamp Updated { get; set; } = floor;

        /// <summary>When one was last settled here.</summary>
        public Stamp Settled { get; set; }

        public Stamp Newest => Stamp.Max(Updated, Settled);
    }
}
