namespace OrleansTagCache.Coherence;

/// <summary>How an update arrived at a member.</summary>
internal enum Arrival : byte
{
    /// <summary>For the first time: it is open here now.</summary>
    First = 0,

    /// <summary>It is open here already.</summary>
    Repeated = 1,

    /// <summary>It is known to be settled.</summary>
    Settled = 2,
}

/// <summary>
/// The updates that are open at one member and were coordinated elsewhere: what it has to finish should their coordinator die. An update
/// that was settled is not opened again by a late repeat (invariant U2).
/// </summary>
/// <typeparam name="TSilo">The identity of one incarnation of a silo.</typeparam>
/// <remarks>Not thread-safe: the invalidator guards it.</remarks>
internal sealed class OpenUpdates<TSilo>
    where TSilo : notnull, IEquatable<TSilo>
{
    private readonly Dictionary<Guid, Origin> _origins = [];

    public int Count => _origins.Values.Sum(origin => origin.Open.Count);

    /// <summary>How many settled ones are remembered, so that late repeats of them are not opened.</summary>
    public int Remembered => _origins.Values.Sum(origin => origin.Settled.Count);

    /// <summary>An update arrived: apply it unless it is open here already. One that is known to be settled is applied and not opened.</summary>
    public Arrival Arrived(TSilo coordinator, TagUpdate update)
    {
        var origin = OriginOf(update.Id.Coordinator);
        origin.Silo = coordinator;
        if (update.Id.Sequence < origin.OldestUnsettled || origin.Settled.Contains(update.Id.Sequence))
        {
            return Arrival.Settled;
        }

        return origin.Open.TryAdd(update.Id, update) ? Arrival.First : Arrival.Repeated;
    }

    /// <summary>That update is settled.</summary>
    public void Settle(UpdateId id)
    {
        var origin = OriginOf(id.Coordinator);
        origin.Open.Remove(id);
        if (id.Sequence >= origin.OldestUnsettled)
        {
            origin.Settled.Add(id.Sequence);
        }
    }

    /// <summary>An invalidator has said that everything of its own before that number is settled.</summary>
    /// <returns>What was still open here of that.</returns>
    public List<UpdateId> SettleBefore(TSilo coordinator, Guid incarnation, long oldestUnsettled)
    {
        var origin = OriginOf(incarnation);
        origin.Silo = coordinator;
        if (oldestUnsettled <= origin.OldestUnsettled)
        {
            return [];
        }

        origin.OldestUnsettled = oldestUnsettled;
        origin.Settled.RemoveWhere(sequence => sequence < oldestUnsettled);
        var settled = origin.Open.Keys.Where(id => id.Sequence < oldestUnsettled).ToList();
        settled.ForEach(id => origin.Open.Remove(id));
        return settled;
    }

    /// <summary>What is open here of a silo.</summary>
    public List<TagUpdate> Of(TSilo coordinator) =>
        [.. _origins.Values.Where(origin => coordinator.Equals(origin.Silo)).SelectMany(origin => origin.Open.Values)];

    /// <summary>Forgets silos that are gone, or never sent an update, and hold nothing open here. What comes late of them is opened, and finished, once more.</summary>
    public void Forget(Func<TSilo, bool> isGone)
    {
        foreach (var (id, _) in _origins.Where(pair => pair.Value.Open.Count == 0 && (pair.Value.Silo is not { } silo || isGone(silo))).ToList())
        {
            _origins.Remove(id);
        }
    }

    private Origin OriginOf(Guid coordinator)
    {
        if (!_origins.TryGetValue(coordinator, out var origin))
        {
            _origins.Add(coordinator, origin = new());
        }

        return origin;
    }

    private sealed class Origin
    {
        public TSilo? Silo { get; set; }

        public Dictionary<UpdateId, TagUpdate> Open { get; } = [];

        /// <summary>Settled ones from <see cref="OldestUnsettled"/> on.</summary>
        public HashSet<long> Settled { get; } = [];

        public long OldestUnsettled { get; set; }
    }
}
