using OrleansTagCache.Eviction;

namespace OrleansTagCache.Tests.Core;

/// <summary>A cache of nothing but keys.</summary>
internal sealed class EvictionCache(long maximumBytes, long maximumEntries)
{
    private readonly Dictionary<int, Entry> _entries = [];

    public EvictionOrder<Entry> Order { get; } = new(maximumBytes, maximumEntries);

    public bool Has(int key) => _entries.ContainsKey(key);

    /// <summary>Counts a read of what is there.</summary>
    public void Use(int key)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            entry.Links.Used();
        }
    }

    public void ReadAll()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Links.Used();
        }
    }

    /// <summary>Reads a key, and stores it if it is not there.</summary>
    public void Read(int key, int bytes)
    {
        if (Has(key))
        {
            Use(key);
        }
        else
        {
            Put(key, bytes, isRead: true);
        }
    }

    public void Set(int key, int bytes) => Put(key, bytes, isRead: false);

    private void Put(int key, int bytes, bool isRead)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries[key] = entry = new(key);
        }

        Order.Put(entry, bytes, isRead);
        while (Order.TakeVictim(entry) is { } victim)
        {
            _entries.Remove(victim.Key);
        }
    }

    internal sealed class Entry(int key) : IEvictable<Entry>
    {
        private EvictionLinks<Entry> _links;

        public int Key => key;

        public ref EvictionLinks<Entry> Links => ref _links;

        public int KeyHash => key;
    }
}
