using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <content>
/// Values that were made after a stamp, maybe from what was cached in any process.
///
/// <para><b>Rule.</b> Such a value is as good as what it was made from. An update that was open here at the stamp may not have reached the process that what it was made from was read at; so it is refused, also when
/// that update was settled afterwards (invariant G6). One that came here after the stamp is judged by the stamp alone: an expiry refuses the value, and a staling makes it stale, which <see cref="TagRecord.StalingOf"/> tells.</para>
///
/// <para><b>Why it is not <see cref="MayKeepCopy"/>.</b> That refuses what was settled after the stamp, so also every value whose tags were only revalidated since then. These are stale, and worth keeping.</para>
/// </content>
internal sealed partial class TagLedger
{
    /// <summary>Whether a value that was made after the stamp may be kept, also if it was made from cached values. What its tags' stalings since the stamp make of it is not told here.</summary>
    public bool MayKeepMadeSince(ReadOnlySpan<TagId> tags, Stamp stamp)
    {
        lock (_gate)
        {
            foreach (var tag in tags)
            {
                if (FindNeedsLock(tag)?.MayHaveBeenOpenNeedsLock(stamp) ?? false)
                {
                    return false;
                }
            }

            return IsLiveNeedsLock(tags, stamp) && _conjunctions.AdmitsCopy(tags, stamp);
        }
    }
}
