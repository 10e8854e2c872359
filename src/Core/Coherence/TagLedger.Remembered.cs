using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <content>
/// Remembered updates, for readers who name tags that the entry does not bear: soft tags.
///
/// <para><b>Rule.</b> An update that is to be remembered is noted by the names of its tags too, in the same step and before the clock (invariant L1). A reader gets a value only if none of the
/// reader's soft tags was updated so after the value's stamp (invariant S2).</para>
///
/// <para><b>Forgetting.</b> Ordinary records without dependents are forgotten when no generation may be as old, which is soon; then the floor speaks for them, and it would refuse every older value
/// to a reader who names a tag that nobody updated. So these have a table and a floor of their own, and stay for as long as a value here is older (invariant S3).</para>
///
/// <para><b>Moves.</b> A value that moves gets a new stamp, and its own tags need no more: its sender would have found it dead. Of the tags that its readers will name nobody knows yet, so it takes along
/// the names of those that were updated since it was made (invariant S4).</para>
/// </content>
internal sealed partial class TagLedger
{
    private readonly RememberedTags _remembered;
    private long _rememberedAt;

    /// <summary>How many tags are remembered for readers who name them.</summary>
    public int Remembered
    {
        get
        {
            lock (_gate)
            {
                return _remembered.Count;
            }
        }
    }

    /// <summary>The verdict of a reader's soft tags on a value with that stamp: fresh, stale or expired. Takes no lock unless something was remembered since then.</summary>
    public Freshness SoftVerdict(CacheNamespace ns, ReadOnlySpan<string> names, Stamp stamp, Moment now)
    {
        if (Volatile.Read(ref _rememberedAt) <= stamp.Value)
        {
            return Freshness.Fresh;
        }

        lock (_gate)
        {
            return _remembered.Of(ns, names, stamp, now);
        }
    }

    /// <summary>What a value takes along that moves: the soft tags that were updated after its stamp, beside those that it has brought itself; null if they are too many, or not all of them are known.</summary>
    public string[]? RememberedSince(CacheNamespace ns, Stamp stamp, ReadOnlySpan<string> brought)
    {
        if (Volatile.Read(ref _rememberedAt) <= stamp.Value)
        {
            return brought.ToArray();
        }

        lock (_gate)
        {
            return _remembered.Since(ns, stamp, brought);
        }
    }

    /// <inheritdoc cref="RememberedTags.OfCopy"/>
    public string[]? RememberedAgainstCopy(CacheNamespace ns, string[]? told, Stamp ticket)
    {
        lock (_gate)
        {
            return _remembered.OfCopy(ns, told, ticket);
        }
    }

    /// <inheritdoc cref="RememberedTags.Forget"/>
    public void ForgetRemembered(Stamp mark)
    {
        lock (_gate)
        {
            _remembered.Forget(mark);
        }
    }

    private void RememberNeedsLock(UpdateId update, ReadOnlySpan<TagId> tags, Stamp at, Moment? deadline, Moment now)
    {
        TagId[] remembered = [.. tags.ToArray().Where(static tag => tag.Kind == TagKind.Tag)];
        foreach (var tag in remembered)
        {
            if (deadline is { } then)
            {
                _remembered.Stale(tag, new(at, then), now);
            }
            else
            {
                _remembered.Expire(tag, at);
            }
        }

        _remembered.Open(update, remembered);
        Volatile.Write(ref _rememberedAt, at.Value);
    }
}
