using Microsoft.Extensions.Caching.Memory;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>IMemoryCache: a floor. No tags, no other processes.</summary>
internal sealed class Memory : INearPeer
{
    public IMemoryCache Cache { get; } = new MemoryCache(new MemoryCacheOptions());

    public Read<T> Entries<T>(string[] tags, Make<T> make) => key =>
        Cache.TryGetValue(key, out T? kept) ? new(kept!) : Create(key, make);

    public ValueTask DisposeAsync()
    {
        Cache.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<T> Create<T>(string key, Make<T> make) => Cache.Set(key, await make(CancellationToken.None), PeerSettings.Life);
}
