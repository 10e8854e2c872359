using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// What one ledger knows of one tag. Stored values refer to the records of their tags directly, so a hit reads a few fields and looks
/// nothing up.
/// </summary>
/// <remarks>
/// Threads: every member that writes needs the ledger's lock. <see cref="IsChangedSince"/>, <see cref="Admits"/> and <see cref="StalingOf"/> may be
/// called by anyone at any time; they read published fields and see a change no later than the ledger's clock that announces it.
/// </remarks>
internal sealed class TagRecord(TagId tag, Stamp floor)
{
    // Field by field, since there is a record for each tag that only one entry bears: as one it would be padded.
    private readonly string _name = tag.Name;
    private readonly CacheNamespace _namespace = tag.Namespace;
    private readonly TagKind _kind = tag.Kind;
    private long _expired = floor.Value;
    private Updates? _updates;

    public TagId Tag => new(_kind, _namespace, _name);

    /// <summary>The entries here that bear the tag, for views and background work; nothing is decided by it. Guarded by the record itself.</summary>
    public object? Dependents { get; set; }

    /// <summary>How many stored values refer to this record.</summary>
    public int ValuesNeedsLock { get; private set; }

    /// <summary>How many updates and holds are open at this tag: expired here, not yet known to be expired everywhere.</summary>
    public int OpenNeedsLock => _updates is { } updates ? updates.Open + (ProtocolRules.HoldsAreOpen ? updates.Holds : 0) : 0;

    /// <summary>How many holds of this tag are held.</summary>
    public int HoldsNeedsLock => _updates?.Holds ?? 0;

    public bool IsDroppableNeedsLock => ValuesNeedsLock == 0
        && (_updates is not { Open: > 0 } || !ProtocolRules.OpenRecordsStay)
        && (HoldsNeedsLock == 0 || !ProtocolRules.HeldRecordsStay);

    /// <summary>The newest thing that the record remembers; dropping it raises the floor to this.</summary>
    public Stamp NewestNeedsLock => Stamp.Max(Stamp.Max(Expired, SettledNeedsLock), _updates?.Stalings?.Newest ?? Stamp.Zero);

    public Stamp Expired => new(Volatile.Read(ref _expired));

    public Stamp SettledNeedsLock => _updates is { } updates ? new(updates.Settled) : Expired;

    /// <summary>Whether a value with that stamp is not expired by this tag.</summary>
    public bool Admits(Stamp stamp) => Volatile.Read(ref _expired) <= stamp.Value;

    /// <summary>What the stalings of this tag say of a value with that stamp.</summary>
    public StalingVerdict StalingOf(Stamp stamp) => Volatile.Read(ref _updates)?.Stalings?.Of(stamp) ?? StalingVerdict.None;

    /// <summary>Whether anything, an expiry or a staling, came after that stamp: mostly not, so a hit asks this first.</summary>
    public bool IsChangedSince(Stamp stamp) => !Admits(stamp) || (Volatile.Read(ref _updates) is { Stalings: { } stalings } && stalings.Newest > stamp);

    public void ExpireNeedsLock(Stamp at) => Volatile.Write(ref _expired, Math.Max(_expired, at.Value));

    public void StaleNeedsLock(Staling staling, Moment now)
    {
        var updates = UpdatesNeedLock();
        var stalings = StalingSchedule.Add(updates.Stalings, staling, now, out var expired);

        // What leaves the schedule is an expiry before it goes.
        ExpireNeedsLock(expired);
        updates.Stalings = stalings;
    }

    public void SettleNeedsLock(Stamp at)
    {
        var updates = UpdatesNeedLock();
        updates.Settled = Math.Max(updates.Settled, at.Value);
    }

    /// <summary>One more update is open, from that clock on.</summary>
    public void OpenedNeedsLock(Stamp at)
    {
        var updates = UpdatesNeedLock();
        if (updates.Open++ == 0)
        {
            (updates.OpenFrom, updates.SettledBefore) = (at.Value, updates.Settled);
        }
    }

    public void ClosedNeedsLock() => UpdatesNeedLock().Open = ProtocolRules.SettlingClosesItsOwn ? UpdatesNeedLock().Open - 1 : 0;

    /// <summary>One more hold of this tag is held, and open.</summary>
    public void HeldNeedsLock() => UpdatesNeedLock().Holds++;

    /// <summary>One hold ends: it is neither held nor open any more.</summary>
    public void ReleasedNeedsLock() => UpdatesNeedLock().Holds = ProtocolRules.ReleasesEndTheirOwn ? Math.Max(0, HoldsNeedsLock - 1) : 0;

    /// <summary>Whether an update of this tag had come here by the stamp, and was not settled then. Exact for the last time that there were any open; of what was settled before that, it takes every one for open.</summary>
    public bool MayHaveBeenOpenNeedsLock(Stamp stamp) => HoldsNeedsLock > 0
        || (_updates is { } updates && (stamp.Value < updates.SettledBefore || (stamp.Value >= updates.OpenFrom && (updates.Open > 0 || updates.Settled > stamp.Value))));

    public void AttachedNeedsLock() => ValuesNeedsLock++;

    public void DetachedNeedsLock() => ValuesNeedsLock--;

    private Updates UpdatesNeedLock()
    {
        if (_updates is null)
        {
            Volatile.Write(ref _updates, new() { Settled = _expired });
        }

        return _updates!;
    }

    /// <summary>What is known of the tag's updates beside its expiry: there is none for the many tags that were never updated.</summary>
    private sealed class Updates
    {
        private volatile StalingSchedule? _stalings;

        public long Settled { get; set; }

        public int Open { get; set; }

        /// <summary>When the first of the updates came that are open, or were the last that were.</summary>
        public long OpenFrom { get; set; }

        /// <summary>When an update was settled last before those came.</summary>
        public long SettledBefore { get; set; }

        public int Holds { get; set; }

        public StalingSchedule? Stalings
        {
            get => _stalings;
            set => _stalings = value;
        }
    }
}
