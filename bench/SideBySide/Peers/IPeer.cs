namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>Reads one entry by its key, and makes it if it is missing.</summary>
internal delegate ValueTask<T> Read<T>(string key);

/// <summary>The factory of entries.</summary>
internal delegate ValueTask<T> Make<T>(CancellationToken cancellationToken);

/// <summary>Stores a value under its key, whatever was there.</summary>
internal delegate ValueTask Store(string key, byte[] value);

/// <summary>A cache, set up as its documentation says for an application of several processes, and used as one of these processes uses it.</summary>
internal interface IPeer : IAsyncDisposable
{
    /// <summary>A read of entries that bear these tags and come from this factory. What such reads have in common is made here, once.</summary>
    Read<byte[]> Entries(string[] tags, Make<byte[]> make);
}

/// <summary>A peer that can invalidate what bears a tag.</summary>
internal interface ITaggedPeer : IPeer
{
    /// <summary>Returns when the peer's own call has returned, whatever that means for other processes.</summary>
    Task Invalidate(string tag);
}

/// <summary>A peer that keeps values as objects in the process, so that their type matters.</summary>
internal interface INearPeer : IPeer
{
    Read<T> Entries<T>(string[] tags, Make<T> make);

    Read<byte[]> IPeer.Entries(string[] tags, Make<byte[]> make) => Entries(tags, make);
}

/// <summary>A peer whose values can be set, with tags.</summary>
internal interface ISettablePeer : IPeer
{
    /// <summary>Sets of entries that bear these tags. Each returns when the peer's own call has returned, whatever that means for other processes.</summary>
    Store Sets(string[] tags);
}
