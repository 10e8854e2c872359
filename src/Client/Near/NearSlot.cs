using OrleansTagCache.Coherence;
using OrleansTagCache.Names;

namespace OrleansTagCache.Near;

/// <summary>A key's place in a near cache: with the entry that is kept, and its place in the order of eviction.</summary>
/// <remarks>Its links, its takers and who is in it are guarded by the map's gate; any thread may read.</remarks>
internal sealed class NearSlot(string name, CacheNamespace ns) : KeySlot
{
    private volatile NearEntry? _entry;

    public NearSlot? Older;
    public NearSlot? Newer;

    /// <summary>Whether it was read since the hand came by. Whose write comes last does not matter.</summary>
    public bool IsRead;

    /// <summary>How many are about to keep an entry here: threads at work, so never many.</summary>
    public short Takers;

    /// <summary>The key without its namespace.</summary>
    public string Name => name;

    public override TagId Key => TagId.OfKey(ns.Scope(name));

    public NearEntry? Entry
    {
        get => _entry;
        set => _entry = value;
    }

    public NearEntry? Read()
    {
        // Written once: a place that many read is not to go from core to core.
        if (!IsRead)
        {
            IsRead = true;
        }

        return _entry;
    }
}
