using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>What one ledger knows of the updates of all of several tags together: an update of <i>a</i> and <i>b</i> with <see cref="TagMatch.All"/> says nothing of what bears <i>a</i> alone.</summary>
/// <param name="tags">Two tags or more, each once, in no order.</param>
/// <param name="anchor">The one of them by which it is found.</param>
/// <remarks>Guarded by the ledger's lock.</remarks>
internal sealed class Conjunction(TagId[] tags, TagId anchor)
{
    public TagId[] Tags => tags;

    public TagId Anchor => anchor;

    /// <summary>When what bears all of the tags was last expired here.</summary>
    public Stamp Expired { get; set; }

    /// <summary>When such an update was last settled here.</summary>
    public Stamp Settled { get; set; }

    /// <summary>How many such updates are expired here, and not yet known to be expired everywhere.</summary>
    public int Open { get; set; }

    /// <summary>The newest thing that it remembers.</summary>
    public Stamp Newest => Stamp.Max(Expired, Settled);

    /// <summary>Whether what bears those tags bears all of these.</summary>
    public bool IsIn(ReadOnlySpan<TagId> borne)
    {
        foreach (var tag in tags)
        {
            if (!borne.Contains(tag))
            {
                return false;
            }
        }

        return true;
    }
}
