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
internal sealed class TagRecord
{
    private long _changed;
    private long _expired;
    private long _settled;
    private StalingSchedule? _stalings;

    public TagRecord(TagId tag, Stamp floor)
    {
        Tag = tag;
        (_changed, _expired, _settled) = (floor.Value, floor.Value, floor.Value);
    }

    public TagId Tag { get; }

    /// <summary>The tag without its namespace, as one string that all values share. A key has none.</summary>
    public string Name => field ??= Tag.Kind == TagKind.Tag ? Tag.Name : string.Empty;

    /// <summary>How many stored values refer to this record.</summary>
    public int ValuesNeedsLock { get; private set; }

    /// <summary>How many updates are open at this tag: expired here, not yet known to be expired everywhere.</summary>
    public int OpenNeedsLock { get; private set; }

    public bool IsDroppableNeedsLock => ValuesNeedsLock == 0 && (OpenNeedsLock == 0 || !ProtocolRules.OpenRecordsStay);

    /// <summary>The newest thing that the record remembers; dropping it raises the floor to this.</summary>
    public Stamp NewestNeedsLock =>
        Stamp.Max(new(Math.Max(_expired, _settled)), _stalings is { } stalings ? stalings.Newest : Stamp.Zero);

    public Stamp Expired => new(Volatile.Read(ref _expired));

    public Stamp SettledNeedsLock => new(_settled);

    /// <summary>Whether a value with that stamp is not expired by this tag.</summary>
    public bool Admits(Stamp stamp) => Volatile.Read(ref _expired) <= stamp.Value;

    /// <summary>What the stalings of this tag say of a value with that stamp.</summary>
    public StalingVerdict StalingOf(Stamp stamp) => Volatile.Read(ref _stalings)?.Of(stamp) ?? StalingVerdict.None;

    /// <summary>Whether anything, an expiry or a staling, came after that stamp: mostly not, so a hit asks this first.</summary>
    public bool IsChangedSince(Stamp stamp) => Volatile.Read(ref _changed) > stamp.Value;

    public void ExpireNeedsLock(Stamp at)
    {
        Volatile.Write(ref _expired, Math.Max(_expired, at.Value));
        Volatile.Write(ref _changed, Math.Max(_changed, at.Value));
    }

    public void StaleNeedsLock(Staling staling, Moment now)
    {
        var stalings = StalingSchedule.Add(_stalings, staling, now, out var expired);
        ExpireNeedsLock(expired);
        Volatile.Write(ref _stalings, stalings);
        Volatile.Write(ref _changed, Math.Max(_changed, stalings.Newest.Value));
    }

    public void SettleNeedsLock(Stamp at) => _settled = Math.Max(_settled, at.Value);

    public void OpenedNeedsLock() => OpenNeedsLock++;

    public void ClosedNeedsLock() => OpenNeedsLock = ProtocolRules.SettlingClosesItsOwn ? OpenNeedsLock - 1 : 0;

    public void HeldNeedsLock() => ValuesNeedsLock++;

    public void ReleasedNeedsLock() => ValuesNeedsLock--;
}
