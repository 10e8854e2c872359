using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Testing;

/// <summary>The context that a factory gets, made by a test, so that the factory can be tested alone; and what the factory has said of its entry.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TestCacheContext
{
    /// <summary>Stands for a life that has not been said: this very instance, whatever equals it.</summary>
    private static readonly CacheLife Unsaid = new(TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue);

    /// <summary>A context.</summary>
    /// <param name="key">The key of the entry.</param>
    /// <param name="options">What its caller knows of it beforehand; null for nothing.</param>
    /// <param name="profiles">Life profiles by name, in addition to the built-in ones; null for none.</param>
    /// <exception cref="ArgumentException">The key, a tag or the life breaks a limit.</exception>
    public TestCacheContext(string key = "key", CacheEntryOptions? options = null, IDictionary<string, CacheLife>? profiles = null)
        : this(key, options, profiles, stale: null)
    {
    }

    private TestCacheContext(string key, CacheEntryOptions? options, IDictionary<string, CacheLife>? profiles, Func<Type, object?>? stale)
    {
        options?.Check(nameof(options));
        var known = new CacheLifeProfiles(profiles ?? new Dictionary<string, CacheLife>(StringComparer.OrdinalIgnoreCase));
        var life = options?.Life is { } said ? known.Resolve(said, nameof(options)) : null;
        var tags = TagSet.ForEntry(options?.Tags, nameof(options));

        // What is kept by NotModified has the tags that are known beforehand, too.
        var old = stale is null ? null : new EntrySnapshot(new([], null), tags, life ?? CacheLife.Default, TimeSpan.Zero);
        Context = new(CacheNamespace.Default, CacheKey.Parse(key).Value, tags, life, known, outer: null, old, stale);
    }

    /// <summary>The context, for the factory.</summary>
    public CacheContext Context { get; }

    /// <summary>The tags of the entry so far: those of the options, and what the factory has added.</summary>
    public IReadOnlyCollection<string> Tags => Context.NamedTags();

    /// <summary>The life of the entry so far; null if neither the options nor the factory has said one.</summary>
    public CacheLife? Life
    {
        get
        {
            var life = Context.ToEntry(new([], null), Unsaid).Life;
            return ReferenceEquals(life, Unsaid) ? null : life;
        }
    }

    /// <summary>Whether the factory has kept its value out of the cache, or it could not be stored: it has too many tags, for instance.</summary>
    public bool IsStored => Context.WhyNotStored is null && !Context.IsWithheld && !Context.IsUnwanted;

    /// <summary>Whether the factory has kept the stale value, by <see cref="CacheContext.NotModified{T}"/>.</summary>
    public bool IsNotModified => Context.Kept is not null;

    /// <summary>A context with a stale value that is refreshed.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The value that <see cref="CacheContext.TryGetStale{T}"/> gives.</param>
    /// <param name="key">The key of the entry.</param>
    /// <param name="options">What its caller knows of it beforehand; null for nothing.</param>
    /// <param name="profiles">Life profiles by name, in addition to the built-in ones; null for none.</param>
    /// <returns>The context.</returns>
    /// <exception cref="ArgumentException">The key, a tag or the life breaks a limit.</exception>
    public static TestCacheContext WithStale<T>(T value, string key = "key", CacheEntryOptions? options = null, IDictionary<string, CacheLife>? profiles = null) =>
        new(key, options, profiles, type => type == typeof(T) ? value : null);

    /// <summary>Runs a factory as the cache would: cached calls inside it add to this context, and it ends with the factory.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="factory">The factory.</param>
    /// <param name="cancellationToken">Given to the factory.</param>
    /// <returns>What the factory makes.</returns>
    public async ValueTask<T> RunAsync<T>(Func<CacheContext, CancellationToken, ValueTask<T>> factory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Context.Enter();
        try
        {
            return await factory(Context, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Context.End();
        }
    }
}
