using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <content>
/// Updates of all of several tags: they expire what bears every one of them, and nothing else.
///
/// <para><b>Rule.</b> Records are of one tag each, so no record can say it, and a check of conjunctions at every read is what no read can pay. So the ledger remembers the conjunction for what is about
/// to be kept, and what is kept already is ended by a walk, before the update is acknowledged (invariant J1).</para>
///
/// <para><b>Why nothing slips through.</b> The conjunction is here first, the walk comes second; a value can be found by walks first, and is checked second, and no reader gets it before that. So at least
/// one of the two sees the other. The walk comes before the interested sessions are collected: a client that has registered interest too late to be told finds the value dead.</para>
///
/// <para><b>Forgetting.</b> As with records: what is older than any generation that may still run is dropped, and the floor is raised first (invariant J2).</para>
/// </content>
internal sealed partial class TagLedger
{
    private long _conjoined;

    /// <summary>How many conjunctions are remembered.</summary>
    public int Conjunctions
    {
        get
        {
            lock (_gate)
            {
                return _conjunctions.Count;
            }
        }
    }

    /// <summary>Whether the ledger has ever heard of a conjunction.</summary>
    public bool HasConjunctions => Volatile.Read(ref _conjoined) > 0;

    /// <summary>From now on nothing older is kept that bears all of the tags; walk over what is kept next. The update is open here until <see cref="Settle"/>; a repeat of an open one changes nothing.</summary>
    /// <returns>The clock of the expiry. Acknowledge only after the walk.</returns>
    public Stamp ExpireAll(UpdateId update, ReadOnlySpan<TagId> tags)
    {
        lock (_gate)
        {
            if (_conjunctions.IsOpen(update))
            {
                return new(_clock);
            }

            var at = ConjoinNeedsLock(tags, out var conjunction);
            _conjunctions.Open(update, conjunction);

            // Open first: what is open is not dropped.
            _conjunctions.Trim();
            return PublishNeedsLock(at);
        }
    }

    /// <summary>The same in a process that keeps no copies: a client. Nothing is opened.</summary>
    public Stamp ExpireAll(ReadOnlySpan<TagId> tags)
    {
        lock (_gate)
        {
            var at = ConjoinNeedsLock(tags, out _);
            _conjunctions.Trim();
            return PublishNeedsLock(at);
        }
    }

    /// <summary>Whether a value that bears these, and may be found by walks by now, was expired by a conjunction of them after its stamp. Takes no lock unless there was one at all since then.</summary>
    public bool IsOvertaken(ReadOnlySpan<TagRecord> records, Stamp stamp)
    {
        if (Volatile.Read(ref _conjoined) <= stamp.Value)
        {
            return false;
        }

        var tags = new TagId[records.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = records[i].Tag;
        }

        lock (_gate)
        {
            return !_conjunctions.Admits(tags, stamp);
        }
    }

    /// <summary>The walk over everything that this process keeps, after <see cref="ExpireAll(UpdateId, ReadOnlySpan{TagId})"/>: when it has ended, nothing older is kept that bears all of the tags. No lock is held for long.</summary>
    public async ValueTask EndAll(TagId[] tags, Stamp at)
    {
        if (RecordsOfAll(tags) is not { } records)
        {
            return;
        }

        foreach (var slots in Volatile.Read(ref _slots))
        {
            await slots.EndAll(records, at).ConfigureAwait(false);
        }
    }

    /// <summary>What a walk looks for: the records of the tags, or null if nothing can bear all of them here.</summary>
    public TagRecord[]? RecordsOfAll(ReadOnlySpan<TagId> tags)
    {
        var records = new TagRecord[tags.Length];
        lock (_gate)
        {
            for (var i = 0; i < records.Length; i++)
            {
                if (FindNeedsLock(tags[i]) is not { ValuesNeedsLock: > 0 } record)
                {
                    return null;
                }

                records[i] = record;
            }
        }

        return records;
    }

    /// <summary>Whether what bears these records bears all of those.</summary>
    public static bool BearsAll(ReadOnlySpan<TagRecord> borne, ReadOnlySpan<TagRecord> records)
    {
        foreach (var record in records)
        {
            var isBorne = false;
            foreach (var each in borne)
            {
                isBorne |= ReferenceEquals(each, record);
            }

            if (!isBorne)
            {
                return false;
            }
        }

        return true;
    }

    private Stamp ConjoinNeedsLock(ReadOnlySpan<TagId> tags, out Conjunction conjunction)
    {
        // The conjunction first, the clock second (invariant L1).
        var at = new Stamp(_clock + 1);
        conjunction = _conjunctions.Expire(tags, at);
        Volatile.Write(ref _conjoined, at.Value);
        return at;
    }
}
