namespace OrleansTagCache.Eviction;

/// <summary>An entry that an <see cref="EvictionOrder{T}"/> keeps in order. The links are in the entry itself, so that its place costs no object of its own.</summary>
/// <typeparam name="T">The entry.</typeparam>
internal interface IEvictable<T>
    where T : class, IEvictable<T>
{
    /// <summary>Its place, which it holds and does not touch but for <see cref="EvictionLinks{T}.Used"/>.</summary>
    ref EvictionLinks<T> Links { get; }

    /// <summary>The hash of its key: the same for each entry of the key, in this process. Asked for when it comes and when it goes.</summary>
    int KeyHash { get; }
}
