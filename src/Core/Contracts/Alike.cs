using System.Collections.Concurrent;

namespace OrleansTagCache.Contracts;

/// <summary>
/// Very many values have the same life and the same media type, and each that comes over the wire brings its own copies: what is kept refers to one of them.
/// Bounded: beyond so many different ones, copies stay copies.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal static class Alike
{
    private const int Most = 1_024;

    private static readonly ConcurrentDictionary<CacheLife, CacheLife> Lives = [];
    private static readonly ConcurrentDictionary<string, string> Types = new(StringComparer.Ordinal);

    public static CacheLife Share(CacheLife life) => Share(Lives, life);

    public static Payload Share(Payload payload) =>
        payload.ContentType is { } type && Share(Types, type) is var shared && !ReferenceEquals(shared, type) ? payload with { ContentType = shared } : payload;

    private static T Share<T>(ConcurrentDictionary<T, T> known, T value)
        where T : class
    {
        if (known.TryGetValue(value, out var shared))
        {
            return shared;
        }

        // The count walks over the table's locks, but only while there are few.
        return known.Count < Most ? known.GetOrAdd(value, value) : value;
    }
}
