using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <content>
/// Holds, around a change of the source.
///
/// <para><b>Rule.</b> A hold begins with an expiry of its tags, and while it is held nothing under them is stored. Its end is an expiry again, in the same step (invariant H1).</para>
///
/// <para><b>Why it is safe.</b> What was stored died when the hold began, so there is nothing to check at a read. What began while it was held may have been made before the change, and has a
/// stamp that is newer than the first expiry: the second one refuses it, wherever it comes to be stored afterwards.</para>
/// </content>
internal sealed partial class TagLedger
{
    private readonly Dictionary<UpdateId, TagRecord[]> _holds = [];

    /// <summary>How many holds are held here.</summary>
    public int Holds
    {
        get
        {
            lock (_gate)
            {
                return _holds.Count;
            }
        }
    }

    /// <summary>Expires every dependent of the tags, and keeps everything under them from being stored until <see cref="Release"/>. The hold is open until then; a repeat changes nothing.</summary>
    /// <returns>The clock of the expiry. Acknowledge only after the call has returned.</returns>
    public Stamp Hold(UpdateId hold, ReadOnlySpan<TagId> tags)
    {
        lock (_gate)
        {
            if (_holds.ContainsKey(hold))
            {
                return new(_clock);
            }

            var at = new Stamp(_clock + 1);
            var records = KeepNeedsLock(tags, static record => record.HeldNeedsLock());
            _holds.Add(hold, records);
            foreach (var record in records)
            {
                record.ExpireNeedsLock(at);
            }

            return PublishNeedsLock(at);
        }
    }

    /// <summary>Ends that hold, and no other, and expires every dependent of its tags, in one step (invariant H1). One that is not held here is an expiry.</summary>
    public Stamp Release(UpdateId hold, ReadOnlySpan<TagId> tags)
    {
        lock (_gate)
        {
            var at = new Stamp(_clock + 1);
            var isHeld = _holds.Remove(hold, out var records);
            records ??= Array.ConvertAll(tags.ToArray(), FindOrMakeNeedsLock);
            if (isHeld && !ProtocolRules.HoldsEndInTheirExpiry)
            {
                Array.ForEach(records, static record => record.ReleasedNeedsLock());
                ProtocolRules.LetOthersRun();
            }

            foreach (var record in records)
            {
                if (ProtocolRules.ReleasesExpire)
                {
                    record.ExpireNeedsLock(at);
                    record.SettleNeedsLock(at);
                }

                if (isHeld && ProtocolRules.HoldsEndInTheirExpiry)
                {
                    record.ReleasedNeedsLock();
                }

                ChangedNeedsLock(record);
            }

            return PublishNeedsLock(at);
        }
    }

    /// <summary>Whether any of these is held: then the value that bears them must not be kept. Ask before its liveness is checked: a hold that ends in between has expired it by then.</summary>
    public bool IsHeld(ReadOnlySpan<TagRecord> records)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                if (record.HoldsNeedsLock > 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private TagRecord[] KeepNeedsLock(ReadOnlySpan<TagId> tags, Action<TagRecord> refer)
    {
        var records = new TagRecord[tags.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            records[i] = FindOrMakeNeedsLock(tags[i]);
            refer(records[i]);
            TableOf(tags[i]).Keep(records[i]);
        }

        return records;
    }
}
