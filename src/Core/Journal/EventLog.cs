using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Journal;

/// <summary>
/// The updates of tags that have ended lately, as one silo hears of it, for readers outside of the cluster who come and go, and come back to another silo.
///
/// <para><b>Promise.</b> A reader that got a position here, or at another silo, and comes back gets every update that has ended since, here or elsewhere, at least once; or it is told that it cannot be had
/// (invariant E1). Nothing is told before it has ended: from then on no process serves an older value (invariant E2).</para>
///
/// <para><b>Why.</b> Every member hears of every update, and of its end, or finishes it itself when its coordinator dies, as an update of its own. Coordinators number their updates. So of each coordinator the log knows
/// up to which number everything has ended and is in the log: its <i>mark</i>; from which number on it has heard of everything: its <i>floor</i>, above zero where the coordinator is older than this silo's membership;
/// and the greatest number that has fallen out. A reader's position is the marks of the log that it read, and can be followed by any log whose floors and losses are not above it. An update may be told
/// twice, since those between the mark and the last that was told are told again.</para>
///
/// <para><b>Holds</b> end at each member by themselves. Until it has ended here a hold keeps the mark of its coordinator below its number.</para>
///
/// <para><b>The dead.</b> When a coordinator is dead, nothing more of its own comes: what was open here is finished by updates of others. Its mark is then <see cref="EventPosition.All"/>. Only the latest that are dead are remembered. Who may have missed
/// something of one that is forgotten cannot be told so by its number, and is told by the dead after it: a position has to have passed the first half of those that are remembered.</para>
/// </summary>
/// <typeparam name="TSilo">The identity of one incarnation of a silo.</typeparam>
/// <remarks>Thread-safe. One lock; nothing is called from within it. The invalidator writes, under its own lock.</remarks>
internal sealed class EventLog<TSilo>
    where TSilo : notnull, IEquatable<TSilo>
{
    private readonly Lock _gate = new();
    private readonly LoggedEvent[] _ring;
    private readonly int _mostTags;
    private readonly int _mostFinished;
    private readonly Dictionary<Guid, Origin> _origins = [];
    private readonly Queue<Guid> _finished = [];
    private readonly Dictionary<UpdateId, TagUpdate> _open = [];
    private TaskCompletionSource? _waiting;
    private long _first;
    private long _next;
    private int _tags;
    private bool _hasForgotten;

    /// <param name="own">This silo's own incarnation as a coordinator.</param>
    /// <param name="self">This silo.</param>
    /// <param name="capacity">How many events are kept at most.</param>
    /// <param name="mostTags">How many tags they have together at most; the last event is kept in any case.</param>
    /// <param name="mostFinished">How many coordinators that are gone are remembered.</param>
    public EventLog(Guid own, TSilo self, int capacity = 10_000, int mostTags = 50_000, int mostFinished = 64)
    {
        (_ring, _mostTags, _mostFinished) = (new LoggedEvent[capacity], mostTags, mostFinished);
        _origins.Add(own, new(self) { Floor = 0 });
    }

    /// <summary>A batch of a coordinator comes, before anything in it is applied.</summary>
    /// <param name="silo">The coordinator.</param>
    /// <param name="batch">The batch.</param>
    public void Heard(TSilo silo, UpdateBatch batch)
    {
        lock (_gate)
        {
            var origin = OriginNeedsLock(batch.Incarnation, silo);
            if (origin.Floor == EventPosition.All && batch.Begun > 0)
            {
                // Everything that it begins after this batch is addressed to this silo, and so is what came last in it without a hole.
                var numbers = batch.Updates.Where(update => update.Id.Coordinator == batch.Incarnation).Select(update => update.Id.Sequence).ToHashSet();
                var floor = batch.Begun;
                while (numbers.Contains(floor))
                {
                    floor--;
                }

                origin.Floor = floor;
            }
        }
    }

    /// <summary>What another silo, which has this one among its members, tells of itself and of coordinators that are gone.</summary>
    public void Told(TSilo silo, Guid incarnation, long begun, Guid[] finished)
    {
        lock (_gate)
        {
            var origin = OriginNeedsLock(incarnation, silo);
            origin.Floor = Math.Min(origin.Floor, begun);
            _hasForgotten |= finished.Length >= _mostFinished;
            foreach (var gone in finished)
            {
                if (_origins.TryAdd(gone, new(default) { IsFinished = true }))
                {
                    RememberNeedsLock(gone);
                }
            }
        }
    }

    /// <summary>The coordinators that are gone, as a joiner is told of them.</summary>
    public Guid[] Finished
    {
        get
        {
            lock (_gate)
            {
                return [.. _finished];
            }
        }
    }

    /// <summary>An update of tags is open here.</summary>
    public void Opened(TagUpdate update)
    {
        lock (_gate)
        {
            _open[update.Id] = update;
        }
    }

    /// <summary>An update has ended.</summary>
    /// <param name="id">The update.</param>
    /// <param name="by">The coordinator that says so. What is settled for another, which is dead, was finished by an update of its own, which is told instead.</param>
    /// <param name="at">The date.</param>
    public void Settled(UpdateId id, Guid by, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (_open.Remove(id, out var update) && id.Coordinator == by)
            {
                AppendNeedsLock(update.Id, update.Tags, update.StaleFor, at, update.Match);
            }
        }
    }

    /// <summary>All of a coordinator's updates up to that number have ended, and this log was told of each end that it is to be told of.</summary>
    public void Advance(Guid coordinator, long upTo)
    {
        lock (_gate)
        {
            if (_origins.TryGetValue(coordinator, out var origin))
            {
                origin.UpTo = Math.Max(origin.UpTo, upTo);
                PatchNeedsLock(origin);
            }
        }
    }

    /// <summary>A hold is held here.</summary>
    public void Held(UpdateId id, TagId[] tags)
    {
        lock (_gate)
        {
            OriginNeedsLock(id.Coordinator, default).Held[id.Sequence] = tags;
        }
    }

    /// <summary>A hold has ended here, released or over.</summary>
    public void Released(UpdateId id, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (_origins.TryGetValue(id.Coordinator, out var origin) && origin.Held.Remove(id.Sequence, out var tags))
            {
                AppendNeedsLock(id, tags, staleFor: null, at);
                PatchNeedsLock(origin);
                FinishNeedsLock(id.Coordinator, origin);
            }
        }
    }

    /// <summary>A silo is dead.</summary>
    public void Died(TSilo silo)
    {
        lock (_gate)
        {
            foreach (var (coordinator, origin) in _origins.Where(pair => silo.Equals(pair.Value.Silo)).ToArray())
            {
                origin.IsDead = true;
                FinishNeedsLock(coordinator, origin);
            }
        }
    }

    /// <summary>A place behind everything that is in the log.</summary>
    public EventCursor End(DateTimeOffset at)
    {
        lock (_gate)
        {
            return new(_next, PositionNeedsLock(at));
        }
    }

    /// <summary>Where a reader stands that has taken everything that is in the log; null if this one has not.</summary>
    public EventPosition? PositionAt(EventCursor cursor, DateTimeOffset at)
    {
        lock (_gate)
        {
            return cursor.Next == _next ? PositionNeedsLock(at) : null;
        }
    }

    /// <summary>The place of a reader with that position; null if what comes after it cannot all be told here.</summary>
    public EventCursor? Find(EventPosition position)
    {
        lock (_gate)
        {
            var isWhole = _origins.All(origin => position.Seen.GetValueOrDefault(origin.Key) >= Math.Max(origin.Value.Floor, origin.Value.Lost))
                && position.Seen.All(seen => seen.Value == EventPosition.All || _origins.ContainsKey(seen.Key))
                && (!_hasForgotten || _finished.Take((_finished.Count + 1) / 2).All(gone => position.Seen.GetValueOrDefault(gone) == EventPosition.All));
            return isWhole ? new(_first, position with { Seen = position.Seen.Where(seen => _origins.ContainsKey(seen.Key)).ToDictionary() }) : null;
        }
    }

    /// <summary>The next events, none at the end of the log.</summary>
    /// <returns>False if some have fallen out that the reader has not got.</returns>
    public bool Read(EventCursor cursor, List<LoggedEvent> events, int limit)
    {
        events.Clear();
        lock (_gate)
        {
            if (cursor.Next < _first)
            {
                return false;
            }

            for (var i = cursor.Next; i < _next && events.Count < limit; i++)
            {
                events.Add(_ring[i % _ring.Length]);
            }

            return true;
        }
    }

    /// <summary>Ends when there is something behind that place.</summary>
    public Task After(EventCursor cursor)
    {
        lock (_gate)
        {
            return cursor.Next < _next ? Task.CompletedTask : (_waiting ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private Origin OriginNeedsLock(Guid coordinator, TSilo? silo)
    {
        if (!_origins.TryGetValue(coordinator, out var origin))
        {
            _origins.Add(coordinator, origin = new(silo));
        }

        origin.Silo ??= silo;
        return origin;
    }

    private EventPosition PositionNeedsLock(DateTimeOffset at) =>
        new(at, _origins.Where(origin => origin.Value.Mark > 0).ToDictionary(origin => origin.Key, origin => origin.Value.Mark));

    private void AppendNeedsLock(UpdateId id, TagId[] all, TimeSpan? staleFor, DateTimeOffset at, TagMatch match = TagMatch.Any)
    {
        var tags = Array.TrueForAll(all, static tag => tag.Kind == TagKind.Tag) ? all : Array.FindAll(all, static tag => tag.Kind == TagKind.Tag);
        while (_next - _first == _ring.Length || (_next > _first && _tags + tags.Length > _mostTags))
        {
            DropNeedsLock();
        }

        var origin = OriginNeedsLock(id.Coordinator, default);
        _ring[_next % _ring.Length] = new(id, tags, staleFor, at, origin.Mark, match);
        origin.Last = _next++;
        _tags += tags.Length;
        _waiting?.SetResult();
        _waiting = null;
    }

    private void DropNeedsLock()
    {
        ref var oldest = ref _ring[_first++ % _ring.Length];
        _tags -= oldest.Tags.Length;
        if (_origins.TryGetValue(oldest.Id.Coordinator, out var origin))
        {
            origin.Lost = Math.Max(origin.Lost, oldest.Id.Sequence);
        }

        oldest = default;
    }

    /// <summary>Who has got the last event of a coordinator has got all up to its mark.</summary>
    private void PatchNeedsLock(Origin origin)
    {
        if (origin.Last >= _first)
        {
            ref var last = ref _ring[origin.Last % _ring.Length];
            last = last with { SeenUpTo = Math.Max(last.SeenUpTo, origin.Mark) };
        }
    }

    private void FinishNeedsLock(Guid coordinator, Origin origin)
    {
        if (origin.IsDead && !origin.IsFinished && origin.Held.Count == 0)
        {
            origin.IsFinished = true;
            RememberNeedsLock(coordinator);
        }
    }

    private void RememberNeedsLock(Guid gone)
    {
        _finished.Enqueue(gone);
        if (_finished.Count > _mostFinished)
        {
            _origins.Remove(_finished.Dequeue());
            _hasForgotten = true;
        }
    }

    private sealed class Origin(TSilo? silo)
    {
        public TSilo? Silo { get; set; } = silo;

        public bool IsDead { get; set; }

        public bool IsFinished { get; set; }

        /// <summary>Everything with a greater number is heard of here.</summary>
        public long Floor { get; set; } = EventPosition.All;

        /// <summary>Everything up to it has ended elsewhere.</summary>
        public long UpTo { get; set; }

        /// <summary>The greatest number that has fallen out.</summary>
        public long Lost { get; set; }

        /// <summary>The place of its last event in the log; before the first if there is none.</summary>
        public long Last { get; set; } = -1;

        public SortedDictionary<long, TagId[]> Held { get; } = [];

        /// <summary>Everything up to it is in the log, or has fallen out, or was before it.</summary>
        public long Mark => IsFinished ? EventPosition.All : Held.Count > 0 ? Math.Min(UpTo, Held.Keys.First() - 1) : UpTo;
    }
}
