using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>What a row of the membership table says of a silo.</summary>
internal enum RowStatus : byte
{
    /// <summary>Created or joining: alive, but it has not been admitted to the cluster yet.</summary>
    Joining = 0,

    /// <summary>Active or shutting down.</summary>
    Alive = 1,

    /// <summary>Dead. Never revived: the address holds a generation.</summary>
    Dead = 2,
}

/// <summary>
/// Who may be serving, as one silo sees it: the set that its updates must reach. A silo leaves it by saying Goodbye, or by having been
/// seen dead (or its row vanished) for so long that its serving lease is over by any clock (invariant M1).
/// </summary>
/// <typeparam name="TSilo">The identity of one incarnation of a silo.</typeparam>
/// <remarks>Not thread-safe: the silo's membership guards it.</remarks>
internal sealed class MemberTable<TSilo>(TSilo self, TimeSpan waitOut)
    where TSilo : notnull, IEquatable<TSilo>
{
    private readonly Dictionary<TSilo, Row> _rows = [];
    private long _version;

    /// <summary>Every silo that an update must reach, this one left out.</summary>
    public List<TSilo> Others(Moment now)
    {
        var others = new List<TSilo>(_rows.Count);
        foreach (var (silo, row) in _rows)
        {
            if (IsMember(row, now))
            {
                others.Add(silo);
            }
        }

        return others;
    }

    /// <summary>Whether an update must still reach that silo.</summary>
    public bool IsMember(TSilo silo, Moment now) => _rows.TryGetValue(silo, out var row) && IsMember(row, now);

    /// <summary>Whether that silo was seen dead, or its row vanished.</summary>
    public bool IsDead(TSilo silo) => _rows.TryGetValue(silo, out var row) && row.IsDead;

    /// <summary>Whether every dead row that was seen has been seen dead for the whole wait. A joiner serves nothing before.</summary>
    public bool IsWaitedOut(Moment now) => _rows.Values.All(row => !row.IsDead || IsOver(row, now));

    /// <summary>When the next dead silo will have been dead for the whole wait; null if none is being waited for.</summary>
    public Moment? NextWaitOut(Moment now)
    {
        Moment? next = null;
        foreach (var row in _rows.Values)
        {
            if (row.IsDead && !row.HasLeft && !IsOver(row, now))
            {
                var end = row.DeadSince!.Value + waitOut;
                next = next is { } earliest ? Moment.Earlier(earliest, end) : end;
            }
        }

        return next;
    }

    /// <summary>
    /// The table was read: every row that it holds. A row that was seen before and is missing now counts as dead from now on, unless the
    /// reading is older than one that has been seen: readings overtake each other, and an old one lacks the rows that came after it.
    /// </summary>
    /// <returns>The silos that this reading shows dead for the first time.</returns>
    public List<TSilo> Observe(IReadOnlyCollection<KeyValuePair<TSilo, RowStatus>> rows, long version, Moment now)
    {
        var died = new List<TSilo>();
        var present = new HashSet<TSilo>(rows.Count);
        foreach (var (silo, status) in rows)
        {
            present.Add(silo);
            if (!silo.Equals(self) && Observe(RowOf(silo), status, now))
            {
                died.Add(silo);
            }
        }

        if (version < _version)
        {
            return died;
        }

        _version = version;
        foreach (var (silo, row) in _rows)
        {
            if (row.Status is not null && !present.Contains(silo) && Observe(row, RowStatus.Dead, now))
            {
                died.Add(silo);
            }
        }

        return died;
    }

    /// <summary>A Hello was exchanged with that silo, in either direction.</summary>
    /// <returns>False if it is dead: it must not be greeted.</returns>
    public bool Greet(TSilo silo)
    {
        var row = RowOf(silo);
        row.IsGreeted = true;
        return !row.IsDead;
    }

    /// <summary>That silo has stopped serving for good and has said so.</summary>
    public void Leave(TSilo silo) => RowOf(silo).HasLeft = true;

    private static bool Observe(Row row, RowStatus status, Moment now)
    {
        if (row.IsDead)
        {
            return false;
        }

        // A silo that was seen joining and died without a Hello never served; one that was first seen dead may have.
        row.MayHaveServed |= status == RowStatus.Alive || (status == RowStatus.Dead && row.Status is null);
        row.Status = status;
        if (status != RowStatus.Dead)
        {
            return false;
        }

        row.DeadSince = now;
        return true;
    }

    private bool IsMember(Row row, Moment now)
    {
        if (row.HasLeft)
        {
            return false;
        }

        return (row.IsGreeted || row.MayHaveServed) && !IsOver(row, now);
    }

    private bool IsOver(Row row, Moment now) => row.DeadSince is { } since && now - since > waitOut;

    private Row RowOf(TSilo silo)
    {
        if (!_rows.TryGetValue(silo, out var row))
        {
            row = new();
            _rows.Add(silo, row);
        }

        return row;
    }

    private sealed class Row
    {
        public RowStatus? Status { get; set; }

        public bool IsGreeted { get; set; }

        public bool MayHaveServed { get; set; }

        public bool HasLeft { get; set; }

        public Moment? DeadSince { get; set; }

        public bool IsDead => DeadSince is not null;
    }
}
