using OrleansTagCache.Names;

namespace OrleansTagCache.Adapters;

/// <summary>
/// Keys of an adapter: any text at all, since their contracts set no rules, and apart from those of other adapters and of the cache itself. They begin with a
/// control character, which no key of the cache may have.
/// </summary>
internal static class AdapterKey
{
    /// <summary>The key itself if it is a sound one, otherwise its digest; no two keys have one digest.</summary>
    /// <param name="adapter">The adapter's mark, short.</param>
    /// <param name="key">The key.</param>
    /// <param name="maximumLength">The longest key.</param>
    public static string Of(string adapter, string key, int maximumLength) =>
        NameRules.Fault("key", key, maximumLength - adapter.Length - 2) is null
            ? $"\u0001{adapter}:{key}"
            : $"\u0001{adapter}#{NameDigest.Of(key)}";
}
