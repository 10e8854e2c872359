namespace OrleansTagCache;

/// <summary>
/// The entries that one factory is asked for together, each with its context: for tags and lives that only the factory knows. Cached calls inside the factory add their tags to all of
/// them, and limit their lives.
/// </summary>
/// <remarks>Thread-safe. It ends with the factory.</remarks>
public sealed class CacheManyContext
{
    private readonly Dictionary<string, CacheContext> _contexts;

    internal CacheManyContext(Dictionary<string, CacheContext> contexts) => _contexts = contexts;

    /// <summary>The keys that the factory is to make values of: each once, in no order.</summary>
    public IReadOnlyCollection<string> Keys => _contexts.Keys;

    /// <summary>The entry of a key.</summary>
    /// <param name="key">One of <see cref="Keys"/>.</param>
    /// <returns>Its context.</returns>
    /// <exception cref="KeyNotFoundException">The factory is not asked for that key.</exception>
    public CacheContext this[string key] => _contexts.TryGetValue(key, out var context)
        ? context
        : throw new KeyNotFoundException($"The factory is not asked for the key '{key}'.");
}
