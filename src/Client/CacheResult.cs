using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache;

/// <summary>The result of a look-up. The default value is a miss.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
public readonly struct CacheResult<T>
{
    private readonly T? _value;

    internal CacheResult(T value, bool isStale, EntrySnapshot entry)
    {
        (_value, HasValue, IsStale) = (value, true, isStale);
        (Age, Life, Tags, IsPromiseSuspended) = (entry.Age, entry.Life, ForeignTag.Without(entry.Tags), entry.PromiseSuspended);
    }

    internal CacheResult(T value, bool isStale, TimeSpan age, CacheLife life, IReadOnlyList<string> tags) =>
        (_value, HasValue, IsStale, Age, Life, Tags) = (value, true, isStale, age, life, tags);

    /// <summary>Whether there is a value; null may be one.</summary>
    public bool HasValue { get; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">The result is a miss.</exception>
    public T Value => HasValue ? _value! : throw new InvalidOperationException("The look-up was a miss: there is no value.");

    /// <summary>The value, or the default of its type.</summary>
    public T? ValueOrDefault => _value;

    /// <summary>Whether the value is stale: past its <see cref="CacheLife.Revalidate"/>, revalidated by a tag, or past its life and served for fail-safe.</summary>
    public bool IsStale { get; }

    /// <summary>
    /// Whether the value was served by a silo without a valid serving lease, as <c>LeaseLossBehavior.ServeStale</c> permits: it may be older than an
    /// update that has returned.
    /// </summary>
    public bool IsPromiseSuspended { get; }

    /// <summary>How long ago the value's generation began; zero for a miss.</summary>
    public TimeSpan Age { get; }

    /// <summary>The entry's life; null for a miss.</summary>
    public CacheLife? Life { get; }

    /// <summary>The entry's tags, those of other namespaces left out; null for a miss.</summary>
    public IReadOnlyList<string>? Tags { get; }

    /// <summary>Gets the value if there is one.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether there is a value.</returns>
    public bool TryGetValue([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return HasValue;
    }
}
