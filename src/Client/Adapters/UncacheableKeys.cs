using System.Collections.Concurrent;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Adapters;

/// <summary>
/// Keys whose values turned out not to be for storing: for a while nobody waits for another's value under them, or readers who could be served side by
/// side would be served one after the other, in the whole cluster.
/// </summary>
/// <remarks>Thread-safe. Bounded; beyond the bound it forgets all.</remarks>
internal sealed class UncacheableKeys(TimeProvider time)
{
    private const int Most = 10_000;

    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Moment> _until = new(StringComparer.Ordinal);

    public bool Contains(string key) => _until.TryGetValue(key, out var until) && time.Now() < until;

    public void Add(string key)
    {
        if (_until.Count >= Most)
        {
            _until.Clear();
        }

        _until[key] = time.Now() + Memory;
    }

    public void Remove(string key) => _until.TryRemove(key, out _);
}
