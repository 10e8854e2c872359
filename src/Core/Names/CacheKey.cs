namespace OrleansTagCache.Names;

/// <summary>The name of an entry within its namespace: checked text, compared by ordinal.</summary>
internal readonly record struct CacheKey
{
    private CacheKey(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="ArgumentException">Empty, over <paramref name="maximumLength"/> UTF-16 units, or not sound text.</exception>
    public static CacheKey Parse(string? text, int maximumLength = NameLimits.KeyLength, string parameterName = "key") =>
        new(NameRules.Check("key", text, maximumLength, parameterName));

    public override string ToString() => Value;
}
