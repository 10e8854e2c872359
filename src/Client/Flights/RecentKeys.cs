using System.Collections.Concurrent;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Flights;

/// <summary>Keys of which something is remembered for a while.</summary>
/// <remarks>Thread-safe. Bounded; beyond the bound it forgets all: nothing rests on it.</remarks>
internal abstract class RecentKeys(TimeProvider time, TimeSpan memory)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, Moment> _until = new(StringComparer.Ordinal);

    public bool Contains(string key) => !_until.IsEmpty && _until.TryGetValue(key, out var until) && time.Now() < until;

    public void Add(string key)
    {
        if (_until.Count >= Most)
        {
            _until.Clear();
        }

        _until[key] = time.Now() + memory;
    }

    public void Remove(string key) => _until.TryRemove(key, out _);
}

/// <summary>Keys whose last refresh in the background failed: the next reader makes the value itself, where its failure can be seen, and where all that the factory needs is there.</summary>
internal sealed class FailedRefreshes(TimeProvider time) : RecentKeys(time, TimeSpan.FromMinutes(1));
