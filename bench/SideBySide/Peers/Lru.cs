using BitFaster.Caching.Lru;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>BitFaster's ConcurrentLru: a floor. No tags, no other processes, and here no ages.</summary>
internal sealed class Lru : INearPeer
{
    private const int Capacity = 300_000;

    public ConcurrentLru<string, object> Cache { get; } = new(Capacity);

    public Read<T> Entries<T>(string[] tags, Make<T> make) => key =>
        Cache.TryGet(key, out var kept) ? new((T)kept) : Create(key, make);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<T> Create<T>(string key, Make<T> make)
    {
        var made = await make(CancellationToken.None);
        Cache.AddOrUpdate(key, made!);
        return made;
    }
}
