namespace OrleansTagCache.Names;

/// <summary>Distinct checked keys in the order in which they were first named.</summary>
internal static class KeySet
{
    /// <summary>The keys of one call; none is fine.</summary>
    /// <exception cref="ArgumentException">More than 512, or one that is not sound.</exception>
    public static string[] ForCall(IReadOnlyCollection<string> keys, int maximumLength, string parameterName = "keys")
    {
        ArgumentNullException.ThrowIfNull(keys, parameterName);
        string[] distinct = [.. keys.Select(key => CacheKey.Parse(key, maximumLength, parameterName).Value).Distinct(StringComparer.Ordinal)];
        return distinct.Length > NameLimits.KeysPerCall
            ? throw new ArgumentException($"A call may name at most {NameLimits.KeysPerCall} keys; this one names {distinct.Length}.", parameterName)
            : distinct;
    }
}
