namespace OrleansTagCache.Eviction;

/// <summary>Entries in the order in which they came, linked by themselves; with their number and their bytes.</summary>
/// <typeparam name="T">The entry.</typeparam>
/// <remarks>Not thread-safe.</remarks>
internal struct EvictionList<T>
    where T : class, IEvictable<T>
{
    private T? _newest;

    public T? Oldest { get; private set; }

    public long Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(T entry)
    {
        ref var links = ref entry.Links;
        links.Older = _newest;
        if (_newest is { } newest)
        {
            newest.Links.Newer = entry;
        }
        else
        {
            Oldest = entry;
        }

        _newest = entry;
        Count++;
        Bytes += links.Bytes;
    }

    public void Remove(T entry)
    {
        ref var links = ref entry.Links;
        Link(links.Older, links.Newer);
        (links.Older, links.Newer) = (null, null);
        Count--;
        Bytes -= links.Bytes;
    }

    /// <summary>An entry stands where another one stood.</summary>
    public void Replace(T old, T entry)
    {
        ref var links = ref entry.Links;
        links = old.Links;
        old.Links = default;
        Link(links.Older, entry);
        Link(entry, links.Newer);
    }

    public void Resize(T entry, int bytes)
    {
        ref var links = ref entry.Links;
        Bytes += bytes - links.Bytes;
        links.Bytes = bytes;
    }

    /// <summary>Two entries are neighbours from now on; the end of the list stands for one that is missing.</summary>
    private void Link(T? older, T? newer)
    {
        if (older is null)
        {
            Oldest = newer;
        }
        else
        {
            older.Links.Newer = newer;
        }

        if (newer is null)
        {
            _newest = older;
        }
        else
        {
            newer.Links.Older = older;
        }
    }
}
