namespace OrleansTagCache.Names;

/// <summary>
/// The wall around one application's or tenant's keys and tags. It is part of every identity, length-prefixed:
/// no separator stands between a namespace and a name, so no name can be made to look like another namespace's.
/// </summary>
internal readonly record struct CacheNamespace
{
    /// <summary>The namespace of callers that name none.</summary>
    public static readonly CacheNamespace Default = new("default");

    private CacheNamespace(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="ArgumentException">Empty, over the limit, or not sound text.</exception>
    public static CacheNamespace Parse(string? text, string parameterName = "namespace") =>
        new(NameRules.Check("namespace", text, NameLimits.NamespaceLength, parameterName));

    /// <summary>The identity of a key or tag in this namespace: the namespace's length, a colon, the namespace, the name.</summary>
    public string Scope(string name) => $"{Value.Length}:{Value}{name}";

    /// <summary>Takes an identity apart again. It must come from <see cref="Scope"/>.</summary>
    /// <exception cref="FormatException">It does not.</exception>
    public static (CacheNamespace Namespace, string Name) Split(string scoped)
    {
        // Digits are looked at one by one: TryParse takes zeros (U+0000) after a number for nothing.
        var colon = scoped.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0
            || scoped[0] == '0'
            || scoped.AsSpan(0, colon).ContainsAnyExceptInRange('0', '9')
            || !int.TryParse(scoped.AsSpan(0, colon), System.Globalization.NumberStyles.None, null, out var length)
            || length is 0 or > NameLimits.NamespaceLength
            || scoped.Length <= colon + 1 + length)
        {
            throw new FormatException("The identity is not a length-prefixed namespace followed by a name.");
        }

        return (new(scoped.Substring(colon + 1, length)), scoped[(colon + 1 + length)..]);
    }

    public override string ToString() => Value;
}
