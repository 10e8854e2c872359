using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>
/// A stamp that is as good as one of a moment that has passed, as far back as that is remembered: for a value that was made before anybody could
/// take a stamp for it. Its tags are judged by that stamp, and its key is not: sets of one key are ordered by their tokens. So the changes of tags are noted here and those of keys
/// are not, which are as many as there are sets.
/// </summary>
/// <remarks>Thread-safe. Every change of a tag is noted before the ledger applies it, so each later expiry of one is newer than what is given here.</remarks>
internal sealed class StampHistory(int capacity = 16_384)
{
    private readonly Lock _gate = new();
    private readonly (Moment At, Stamp Before)[] _changes = new (Moment, Stamp)[capacity];
    private Moment _since = Moment.Never;
    private long _count;

    /// <summary>From now on every change of a tag is noted here; of what was before nothing is known.</summary>
    public void Begin(Moment now)
    {
        lock (_gate)
        {
            (_since, _count) = (now, 0);
        }
    }

    /// <summary>An update is about to be applied.</summary>
    public void NoteOpening(TagUpdate update, Moment now, TagLedger ledger)
    {
        if (update.ChangesTags)
        {
            Note(now, ledger.Stamp());
        }
    }

    /// <summary>An update is about to be settled: of what was copied before it nothing is believed.</summary>
    public void NoteSettling(UpdateId update, Moment now, TagLedger ledger)
    {
        if (ledger.IsOpenAndChangesTags(update))
        {
            Note(now, ledger.Stamp());
        }
    }

    /// <summary>A change of a tag is about to be applied.</summary>
    /// <param name="now">Not earlier than any moment before it.</param>
    /// <param name="before">The ledger's clock.</param>
    public void Note(Moment now, Stamp before)
    {
        lock (_gate)
        {
            var at = _count++ % capacity;
            if (_count > capacity)
            {
                _since = Moment.Later(_since, _changes[at].At);
            }

            _changes[at] = (now, before);
        }
    }

    /// <summary>
    /// A plain set as of its call, so long before its token by another clock: with the age that its value has since, and a stamp that is for its tags
    /// as good as that of a token then; one older than everything if that is not remembered.
    /// </summary>
    public Token AsOfItsCall(Token set, TimeSpan age)
    {
        var calledAt = set.GrantedAt + -(TimeSpan.FromTicks(Math.Max(age.Ticks, 0)) * (1 + LeaseTerms.RateError));
        return set with { GrantedAt = calledAt, Stamp = Stamp.Min(set.Stamp, AsOf(calledAt, set.Stamp)) };
    }

    /// <summary>A stamp that is older than every change of a tag since that moment; older than everything if that is not remembered.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="current">The ledger's clock, read before this call.</param>
    public Stamp AsOf(Moment moment, Stamp current)
    {
        lock (_gate)
        {
            if (moment <= _since)
            {
                return Stamp.Zero;
            }

            // The first change that did not come before the moment: for tags the clock stood still until then.
            var (low, high) = (Math.Max(0, _count - capacity), _count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_changes[middle % capacity].At < moment)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low < _count ? _changes[low % capacity].Before : current;
        }
    }
}
