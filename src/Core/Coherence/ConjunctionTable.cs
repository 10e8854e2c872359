using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The conjunctions that a ledger remembers, bounded in number: what is forgotten of them lives on in a floor, which refuses everything older that bears two tags or more. It is asked when a value
/// is about to be kept, and never at a read: what was kept before is found and ended by a walk (invariant J1).
/// </summary>
/// <param name="maximum">How many are remembered at which no update is open. Beyond it the older half becomes the floor.</param>
/// <remarks>Not thread-safe: the ledger's lock guards it.</remarks>
internal sealed class ConjunctionTable(int maximum)
{
    /// <summary>By one of their tags each, of those the one that the fewest others are found by: so that a tag that takes part in many makes none of them slow to ask for.</summary>
    private readonly Dictionary<TagId, List<Conjunction>> _byAnchor = [];
    private readonly Dictionary<UpdateId, Conjunction> _open = [];
    private int _count;
    private Stamp _floor;

    public int Count => _count;

    public int OpenCount => _open.Count;

    public bool IsOpen(UpdateId update) => _open.ContainsKey(update);

    /// <summary>Everything that bears all of these is expired at that clock.</summary>
    public Conjunction Expire(ReadOnlySpan<TagId> tags, Stamp at)
    {
        var conjunction = Find(tags) ?? Add(tags);
        conjunction.Expired = Stamp.Max(conjunction.Expired, at);
        return conjunction;
    }

    /// <summary>That update of the conjunction is open until it is settled.</summary>
    public void Open(UpdateId update, Conjunction conjunction)
    {
        conjunction.Open++;
        _open.Add(update, conjunction);
    }

    /// <summary>Closes that update, and no other. False if it is not open.</summary>
    public bool TrySettle(UpdateId update, Stamp at)
    {
        if (!_open.Remove(update, out var conjunction))
        {
            return false;
        }

        conjunction.Open--;
        conjunction.Settled = Stamp.Max(conjunction.Settled, at);
        return true;
    }

    /// <summary>Makes room when there are too many.</summary>
    public void Trim()
    {
        if (_count <= maximum)
        {
            return;
        }

        var stamps = _byAnchor.Values.SelectMany(static list => list).Where(static each => each.Open == 0).Select(static each => each.Newest.Value).ToArray();
        Array.Sort(stamps);
        Forget(stamps.Length == 0 ? Stamp.Zero : new(stamps[stamps.Length / 2]));
    }

    /// <summary>Whether nothing that bears those tags was expired after the stamp by a conjunction of them.</summary>
    public bool Admits(ReadOnlySpan<TagId> tags, Stamp stamp) => IsAboveFloor(tags, stamp) && !Any(tags, stamp, static (conjunction, stamp) => conjunction.Expired > stamp);

    /// <summary>The same for a copy: nor is such an update open, or was one settled after the stamp.</summary>
    public bool AdmitsCopy(ReadOnlySpan<TagId> tags, Stamp stamp) =>
        IsAboveFloor(tags, stamp) && !Any(tags, stamp, static (conjunction, stamp) => conjunction.Newest > stamp || (conjunction.Open > 0 && ProtocolRules.OpenConjunctionsRefuseCopies));

    /// <summary>Drops those that were last changed at or before the mark, and raises the floor to what they knew.</summary>
    public void Forget(Stamp mark)
    {
        foreach (var (anchor, list) in _byAnchor.ToArray())
        {
            foreach (var old in list.FindAll(each => (each.Open == 0 || !ProtocolRules.OpenConjunctionsStay) && each.Newest <= mark))
            {
                // The floor takes over what it knew (invariant J2).
                _floor = ProtocolRules.ConjunctionsRaiseTheFloor ? Stamp.Max(_floor, old.Newest) : _floor;
                list.Remove(old);
                _count--;
            }

            if (list.Count == 0)
            {
                _byAnchor.Remove(anchor);
            }
        }
    }

    /// <summary>Of what is older than the floor nothing is known: it may bear what was forgotten, if it bears two tags at all.</summary>
    private bool IsAboveFloor(ReadOnlySpan<TagId> tags, Stamp stamp)
    {
        if (stamp >= _floor)
        {
            return true;
        }

        var count = 0;
        foreach (var tag in tags)
        {
            count += tag.Kind == TagKind.Tag ? 1 : 0;
        }

        return count < 2;
    }

    private bool Any(ReadOnlySpan<TagId> tags, Stamp stamp, Func<Conjunction, Stamp, bool> refuses)
    {
        if (_count == 0)
        {
            return false;
        }

        foreach (var tag in tags)
        {
            if (_byAnchor.TryGetValue(tag, out var list))
            {
                foreach (var conjunction in list)
                {
                    if (refuses(conjunction, stamp) && conjunction.IsIn(tags))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private Conjunction? Find(ReadOnlySpan<TagId> tags)
    {
        foreach (var tag in tags)
        {
            foreach (var conjunction in _byAnchor.TryGetValue(tag, out var list) ? list : [])
            {
                if (conjunction.Tags.Length == tags.Length && conjunction.IsIn(tags))
                {
                    return conjunction;
                }
            }
        }

        return null;
    }

    private Conjunction Add(ReadOnlySpan<TagId> tags)
    {
        var anchor = tags[0];
        foreach (var tag in tags)
        {
            anchor = FoundBy(tag) < FoundBy(anchor) ? tag : anchor;
        }

        var conjunction = new Conjunction(tags.ToArray(), anchor);
        if (!_byAnchor.TryGetValue(anchor, out var list))
        {
            _byAnchor.Add(anchor, list = []);
        }

        list.Add(conjunction);
        _count++;
        return conjunction;
    }

    private int FoundBy(TagId tag) => _byAnchor.TryGetValue(tag, out var list) ? list.Count : 0;
}
