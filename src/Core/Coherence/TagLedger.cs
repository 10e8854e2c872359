using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The ledger of a process that keeps values: what was expired, and in which order this process learnt of it.
///
/// <para><b>The rule.</b> Stamp before you ask; believe the answer only while none of its tags was expired after the stamp. A value keeps
/// the stamp that was read before it was asked for or generated, and the records of its tags; <see cref="IsLive(ReadOnlySpan{TagRecord}, Stamp)"/>
/// is asked at every read, not only when the value is stored.</para>
///
/// <para><b>Why it is safe.</b> An expiry first sets the records, then publishes the clock (invariant L1). A reader with a stamp as new as
/// the expiry therefore finds the records set; a reader with an older one holds a value that the records refuse. Both happen under one
/// lock, and an expiry is acknowledged only after both.</para>
///
/// <para><b>Generated or copied.</b> That suffices for a value generated after its stamp: its source had changed before the update began.
/// A copy of another process's value needs more, since that process may not have heard of the update yet: <see cref="MayKeepCopy"/>
/// refuses it while any update of its tags is open, or was settled after the stamp. Of a value that was made after the stamp, maybe from such copies, less is
/// asked: <see cref="MayKeepMadeSince"/>.</para>
///
/// <para><b>Forgetting.</b> A record goes when no stored value refers to it and no update is open at it; the floor, which stands for every
/// tag without a record, is raised first. The safe direction is always more invalidation.</para>
///
/// <para><b>Keys.</b> The key of a value is a tag too. Its record is in the slot that keeps the value, and is made when the key is updated; only while an
/// update is open at it, or no slot keeps a value of the key, it is in a table of its own, with a floor of its own (invariant K2).</para>
///
/// <para><b>Not covered.</b> Stamps of two processes are never compared; time takes part only in the deadlines of stalings, which are
/// moments of this process.</para>
/// </summary>
/// <remarks>Thread-safe. <see cref="Stamp"/> and the record forms of the checks take no lock; everything else takes the one lock.</remarks>
internal sealed partial class TagLedger
{
    private readonly Lock _gate = new();
    private readonly RecordTable _tags;
    private readonly RecordTable _keys;
    private readonly ConjunctionTable _conjunctions;
    private readonly Dictionary<UpdateId, TagRecord[]> _open = [];
    private IKeySlots[] _slots = [];
    private long _clock;
    private long _epoch;

    /// <param name="maximumUnreferenced">How many tags, and as many keys, without stored values are remembered. Beyond it the oldest knowledge becomes the floor.</param>
    /// <param name="maximumConjunctions">How many conjunctions of tags are remembered, in the same way.</param>
    /// <param name="maximumRemembered">How many tags are remembered for readers who name them; beyond it the oldest becomes the floor of these.</param>
    public TagLedger(int maximumUnreferenced, int maximumConjunctions = 4_096, int maximumRemembered = 100_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumUnreferenced, 1);
        (_tags, _keys, _conjunctions, _remembered) = (new(maximumUnreferenced), new(maximumUnreferenced), new(maximumConjunctions), new(maximumRemembered));
    }

    /// <summary>How many tags have a record, and how many updates are open here.</summary>
    public (int Records, int Unreferenced, int OpenUpdates) Counts
    {
        get
        {
            lock (_gate)
            {
                return (_tags.Count + _keys.Count, _tags.UnreferencedCount + _keys.UnreferencedCount, _open.Count + _conjunctions.OpenCount);
            }
        }
    }

    /// <summary>From now on the ledger asks these for the slots of keys that are updated. Nothing may be kept in them before.</summary>
    public void Add(IKeySlots slots)
    {
        lock (_gate)
        {
            Volatile.Write(ref _slots, [.. _slots, slots]);
        }
    }

    /// <summary>The clock. Read it before a value is asked for or generated.</summary>
    public Stamp Stamp() => new(Volatile.Read(ref _clock));

    /// <summary>Expires every dependent of the tags. The update is open here until <see cref="Settle"/>; a repeat of an open one changes nothing.</summary>
    /// <param name="update">The update.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="remember">Whether readers who name the tags must see it too, whatever the entry bears.</param>
    /// <returns>The clock of the expiry. Acknowledge only after the call has returned.</returns>
    public Stamp Expire(UpdateId update, ReadOnlySpan<TagId> tags, bool remember = false)
    {
        lock (_gate)
        {
            if (_open.ContainsKey(update))
            {
                return new(_clock);
            }

            var at = new Stamp(_clock + 1);
            if (!ProtocolRules.RecordsComeFirst)
            {
                PublishNeedsLock(at);
                ProtocolRules.LetOthersRun();
            }

            var records = OpenNeedsLock(update, tags, at);
            foreach (var record in records)
            {
                record.ExpireNeedsLock(at);
            }

            if (remember)
            {
                RememberNeedsLock(update, tags, at, deadline: null, now: default);
            }

            return PublishNeedsLock(at);
        }
    }

    /// <summary>Marks every dependent of the tags stale, and expired from the deadline on. Opens and repeats as an expiry does.</summary>
    public Stamp Stale(UpdateId update, ReadOnlySpan<TagId> tags, Moment deadline, Moment now, bool remember = false)
    {
        lock (_gate)
        {
            if (_open.ContainsKey(update))
            {
                return new(_clock);
            }

            var at = new Stamp(_clock + 1);
            var records = OpenNeedsLock(update, tags, at);
            foreach (var record in records)
            {
                record.StaleNeedsLock(new(at, deadline), now);
            }

            if (remember)
            {
                RememberNeedsLock(update, tags, at, deadline, now);
            }

            return PublishNeedsLock(at);
        }
    }

    /// <summary>Whether that update is open and changes any tags but keys.</summary>
    public bool IsOpenAndChangesTags(UpdateId update)
    {
        lock (_gate)
        {
            return _conjunctions.IsOpen(update) || (_open.TryGetValue(update, out var records) && Array.Exists(records, static record => record.Tag.Kind == TagKind.Tag));
        }
    }

    /// <summary>Every member has acknowledged that update: closes it, and no other.</summary>
    public void Settle(UpdateId update)
    {
        lock (_gate)
        {
            var at = new Stamp(ProtocolRules.SettlingTakesAStep ? _clock + 1 : _clock);
            if (!_open.Remove(update, out var records) && !_conjunctions.TrySettle(update, at))
            {
                return;
            }

            _remembered.Settle(update, at);
            foreach (var record in records ?? [])
            {
                record.SettleNeedsLock(at);
                record.ClosedNeedsLock();
                ChangedNeedsLock(record);
            }

            PublishNeedsLock(at);
        }
    }

    /// <summary>Expires everything that is stored or being generated here.</summary>
    public Stamp ExpireEverything()
    {
        lock (_gate)
        {
            var at = new Stamp(_clock + 1);
            Volatile.Write(ref _epoch, at.Value);
            return PublishNeedsLock(at);
        }
    }

    /// <summary>The records of a value that is about to be kept; each counts it until <see cref="Detach"/>.</summary>
    /// <param name="tags">What the value bears beside its key.</param>
    /// <param name="key">Its key.</param>
    /// <param name="slot">Where it is to be kept. For that key it is found by the ledger's <see cref="IKeySlots"/> already.</param>
    /// <param name="keyStamp">The stamp that its key is judged by.</param>
    /// <returns>The records, and whether the key was not expired between the stamp and this call. Later expiries are in the slot's record.</returns>
    public (TagRecord[] Records, bool IsKeyLive) Attach(ReadOnlySpan<TagId> tags, TagId key, KeySlot slot, Stamp keyStamp)
    {
        var records = new TagRecord[tags.Length];
        lock (_gate)
        {
            for (var i = 0; i < tags.Length; i++)
            {
                records[i] = _tags.FindOrAdd(tags[i]);
                records[i].AttachedNeedsLock();
                _tags.Keep(records[i]);
            }

            return (records, AttachKeyNeedsLock(key, slot, keyStamp));
        }
    }

    /// <summary>The value that bore these is gone.</summary>
    public void Detach(ReadOnlySpan<TagRecord> records, KeySlot key)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                record.DetachedNeedsLock();
                _tags.Remember(record);
            }

            if (--key.ValuesNeedsLock == 0 && key.Record is { } own)
            {
                own.DetachedNeedsLock();
                ChangedNeedsLock(own);
            }
        }
    }

    /// <summary>The record of a tag that some stored value bears, or that was updated lately.</summary>
    public TagRecord? Find(TagId tag)
    {
        lock (_gate)
        {
            return FindNeedsLock(tag);
        }
    }

    /// <summary>Whether a stored value may be served: nothing that it bears was expired after its stamp.</summary>
    public bool IsLive(ReadOnlySpan<TagRecord> records, Stamp stamp)
    {
        foreach (var record in records)
        {
            if (!record.Admits(stamp))
            {
                return false;
            }
        }

        return IsSinceEpoch(stamp);
    }

    /// <summary>Whether nothing at all was expired by an epoch after the stamp.</summary>
    public bool IsSinceEpoch(Stamp stamp) => Volatile.Read(ref _epoch) <= stamp.Value;

    /// <summary>The same check by name, for tags that no stored value holds: those just discovered by a generation.</summary>
    public bool IsLive(ReadOnlySpan<TagId> tags, Stamp stamp)
    {
        lock (_gate)
        {
            return IsLiveNeedsLock(tags, stamp);
        }
    }

    /// <summary>
    /// Whether a copy of another process's value, asked for after the stamp, may be kept. Asked once, when it is about to be kept;
    /// afterwards <see cref="IsLive(ReadOnlySpan{TagRecord}, Stamp)"/> at every read.
    /// </summary>
    public bool MayKeepCopy(ReadOnlySpan<TagId> tags, Stamp stamp)
    {
        lock (_gate)
        {
            foreach (var tag in tags)
            {
                var record = FindNeedsLock(tag);
                if ((ProtocolRules.OpenRefusesCopies && record is { OpenNeedsLock: > 0 }) || (record?.SettledNeedsLock ?? TableOf(tag).Floor) > stamp)
                {
                    return false;
                }
            }

            return IsLiveNeedsLock(tags, stamp) && _conjunctions.AdmitsCopy(tags, stamp);
        }
    }

    /// <summary>
    /// Drops every record that nothing refers to and that was last changed at or before <paramref name="mark"/>. Give a stamp that is
    /// older than every generation that may still be running, and none of them is refused for it.
    /// </summary>
    public void Forget(Stamp mark)
    {
        lock (_gate)
        {
            _tags.Forget(mark);
            _keys.Forget(mark);
            _conjunctions.Forget(mark);
        }
    }

    private RecordTable TableOf(TagId tag) => tag.Kind == TagKind.Key ? _keys : _tags;

    private bool IsLiveNeedsLock(ReadOnlySpan<TagId> tags, Stamp stamp)
    {
        foreach (var tag in tags)
        {
            if ((FindNeedsLock(tag)?.Expired ?? TableOf(tag).Floor) > stamp)
            {
                return false;
            }
        }

        return IsSinceEpoch(stamp) && _conjunctions.Admits(tags, stamp);
    }

    private TagRecord[] OpenNeedsLock(UpdateId update, ReadOnlySpan<TagId> tags, Stamp at)
    {
        var records = KeepNeedsLock(tags, record => record.OpenedNeedsLock(at));
        _open.Add(update, records);
        return records;
    }

    private Stamp PublishNeedsLock(Stamp at)
    {
        // The records are set; only now may anyone read a stamp that implies them (invariant L1).
        Volatile.Write(ref _clock, Math.Max(_clock, at.Value));
        return at;
    }

    private TagRecord? FindNeedsLock(TagId tag) => TableOf(tag).Find(tag) ?? (tag.Kind == TagKind.Key ? InSlotNeedsLock(tag) : null);

    private TagRecord FindOrMakeNeedsLock(TagId tag) => tag.Kind == TagKind.Key ? KeyRecordNeedsLock(tag) : _tags.FindOrAdd(tag);

    /// <summary>The one record of the key, of which every slot that keeps a value of it knows from now on.</summary>
    private TagRecord KeyRecordNeedsLock(TagId key)
    {
        var record = FindNeedsLock(key) ?? _keys.Make(key);
        foreach (var slots in _slots)
        {
            if (slots.Find(key) is { ValuesNeedsLock: > 0 } slot && slot.Record != record)
            {
                slot.SetRecordNeedsLock(record);
                record.AttachedNeedsLock();
            }
        }

        return record;
    }

    private TagRecord? InSlotNeedsLock(TagId key)
    {
        foreach (var slots in _slots)
        {
            if (slots.Find(key) is { ValuesNeedsLock: > 0, Record: { } record })
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>Whether the value that is about to be kept in the slot may be believed as far as its key goes.</summary>
    private bool AttachKeyNeedsLock(TagId key, KeySlot slot, Stamp keyStamp)
    {
        if (slot.ValuesNeedsLock == 0)
        {
            // What is known of the key moves here. Without that, all that was ever known is in the floor; a reader may still have a value in hand that what the slot knew last refuses.
            var known = ProtocolRules.SlotsTakeKeysOver ? FindNeedsLock(key) ?? (slot.Record is null ? null : _keys.Make(key)) : null;
            slot.SetRecordNeedsLock(known);
            known?.AttachedNeedsLock();
            if (known is { OpenNeedsLock: 0 })
            {
                _keys.Take(known);
            }
        }

        slot.ValuesNeedsLock++;
        return (slot.Record?.Expired ?? (ProtocolRules.KeysAreJudgedByTheFloor ? _keys.Floor : default)) <= keyStamp;
    }

    /// <summary>A record was changed, or is referred to by one thing less: it is remembered, or dropped, or left to the slot that holds it.</summary>
    private void ChangedNeedsLock(TagRecord record)
    {
        var table = TableOf(record.Tag);
        table.Remember(record);
        if (record is { OpenNeedsLock: 0, ValuesNeedsLock: > 0 } && table == _keys)
        {
            _keys.Take(record);
        }
    }
}
