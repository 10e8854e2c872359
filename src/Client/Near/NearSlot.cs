using OrleansTagCache.Coherence;
using OrleansTagCache.Eviction;

namespace OrleansTagCache.Near;

/// <summary>A key's place in a near cache: with the entry that is kept, and its place in the order of eviction.</summary>
/// <remarks>Its links, its takers and who is in it are guarded by the map's gate; any thread may read.</remarks>
internal sealed class NearSlot(string name) : KeySlot, IEvictable<NearSlot>
{
    private volatile NearEntry? _entry;
    private EvictionLinks<NearSlot> _links;

    /// <summary>How many are about to keep an entry here, or to let go of one: threads at work, so never many.</summary>
    public short Takers;

    /// <summary>The key without its namespace.</summary>
    public string Name => name;

    public ref EvictionLinks<NearSlot> Links => ref _links;

    public int KeyHash => StringComparer.Ordinal.GetHashCode(name);

    public NearEntry? Entry
    {
        get => _entry;
        set => _entry = value;
    }

    public NearEntry? Read()
    {
        _links.Used();
        return _entry;
    }
}
