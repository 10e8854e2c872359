using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The records of one kind of tags by name, those without stored values bounded in number: what is forgotten of them lives on in the floor, which stands for
/// every tag without a record and is raised first (invariant L2).
/// </summary>
/// <param name="maximumUnreferenced">How many records without stored values are remembered. Beyond it the oldest knowledge becomes the floor.</param>
/// <remarks>Not thread-safe: the ledger's lock guards it.</remarks>
internal sealed class RecordTable(int maximumUnreferenced)
{
    // By tag: the set's entries are smaller than those of a dictionary that holds the tag again.
    private readonly HashSet<TagRecord> _records = new(ByTag.Instance);
    private readonly HashSet<TagRecord> _unreferenced = [];
    private long _floor;

    public int Count => _records.Count;

    public int UnreferencedCount => _unreferenced.Count;

    public Stamp Floor => new(_floor);

    public TagRecord? Find(TagId tag) => _records.GetAlternateLookup<TagId>().TryGetValue(tag, out var record) ? record : null;

    /// <summary>A record that is not in the table yet.</summary>
    public TagRecord Make(TagId tag)
    {
        // Never 0: what was forgotten of this tag lives on in the floor (invariant L2).
        return new(tag, new(ProtocolRules.RecordStartsAtFloor ? _floor : 0));
    }

    public TagRecord FindOrAdd(TagId tag)
    {
        if (Find(tag) is not { } record)
        {
            record = Make(tag);
            _records.Add(record);
        }

        return record;
    }

    /// <summary>Keeps a record in the table: something refers to it. Twice changes nothing.</summary>
    public void Keep(TagRecord record)
    {
        _records.Add(record);
        _unreferenced.Remove(record);
    }

    /// <summary>Takes a record out of the table: it is kept elsewhere.</summary>
    public void Take(TagRecord record)
    {
        Drop(record);
        _unreferenced.Remove(record);
    }

    /// <summary>One thing less refers to a record: without any it is remembered, unless the floor says all that it does.</summary>
    public void Remember(TagRecord record)
    {
        if (!record.IsDroppableNeedsLock)
        {
            return;
        }

        if (record.NewestNeedsLock.Value <= _floor)
        {
            Take(record);
            return;
        }

        _records.Add(record);
        if (_unreferenced.Add(record) && _unreferenced.Count > maximumUnreferenced)
        {
            Forget(Median());
        }
    }

    /// <summary>Drops every record that nothing refers to and that was last changed at or before the mark.</summary>
    public void Forget(Stamp mark)
    {
        foreach (var record in _unreferenced)
        {
            if (record.NewestNeedsLock <= mark)
            {
                // The floor takes over what the record knew (invariant L2).
                _floor = ProtocolRules.FloorIsRaised ? Math.Max(_floor, record.NewestNeedsLock.Value) : _floor;
                Drop(record);
            }
        }

        _unreferenced.RemoveWhere(record => record.NewestNeedsLock <= mark);
    }

    /// <summary>Removes that very record: another one of the tag would know more.</summary>
    private void Drop(TagRecord record)
    {
        if (ReferenceEquals(Find(record.Tag), record))
        {
            _records.Remove(record);
        }
    }

    private Stamp Median()
    {
        var stamps = _unreferenced.Select(record => record.NewestNeedsLock.Value).ToArray();
        Array.Sort(stamps);
        return new(stamps[stamps.Length / 2]);
    }

    private sealed class ByTag : IEqualityComparer<TagRecord>, IAlternateEqualityComparer<TagId, TagRecord>
    {
        public static readonly ByTag Instance = new();

        public bool Equals(TagRecord? left, TagRecord? right) => left?.Tag == right?.Tag;

        public int GetHashCode(TagRecord record) => record.Tag.GetHashCode();

        public bool Equals(TagId tag, TagRecord record) => record.Tag == tag;

        public int GetHashCode(TagId tag) => tag.GetHashCode();

        public TagRecord Create(TagId tag) => throw new NotSupportedException("A record starts at its table's floor.");
    }
}
