namespace OrleansTagCache.Names;

/// <summary>
/// The wall around one application's or tenant's keys and tags. It is part of every identity, length-prefixed:
/// no separator stands between a namespace and a name, so no name can be made to look like another namespace's.
/// </summary>
[GenerateSerializer, Immutable, Alias("otc.CacheNamespace")]
internal readonly record struct CacheNamespace
{
    /// <summary>The namespace of callers that name none.</summary>
    public static readonly CacheNamespace Default = new("default");

    /// <summary>How many namespaces are remembered, so that what is kept refers to one string of each: one a digest, the last that was met.</summary>
    private const int Remembered = 256;

    private static readonly string?[] Known = new string?[Remembered];

    private CacheNamespace(string value) => Value = value;

    [Id(0)]
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
        var name = NameStart(scoped, out var ns);
        return (new(Share(ns)), scoped[name..]);
    }

    /// <summary>The namespace of an identity. It must come from <see cref="Scope"/>.</summary>
    /// <exception cref="FormatException">It does not.</exception>
    public static CacheNamespace Of(string scoped)
    {
        NameStart(scoped, out var ns);
        return new(Share(ns));
    }

    /// <summary>The name in an identity, if it is of this namespace.</summary>
    public bool TryStrip(ReadOnlySpan<char> scoped, out ReadOnlySpan<char> name)
    {
        // As it begins: the namespace's length, a colon, the namespace.
        Span<char> length = stackalloc char[4];
        Value.Length.TryFormat(length, out var digits, provider: System.Globalization.CultureInfo.InvariantCulture);
        var start = digits + 1 + Value.Length;
        var isOf = scoped.Length > start && scoped.StartsWith(length[..digits]) && scoped[digits] == ':' && scoped[(digits + 1)..].StartsWith(Value);
        name = isOf ? scoped[start..] : default;
        return isOf;
    }

    private static int NameStart(string scoped, out ReadOnlySpan<char> ns)
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

        ns = scoped.AsSpan(colon + 1, length);
        return colon + 1 + length;
    }

    private static string Share(ReadOnlySpan<char> ns)
    {
        if (ns.SequenceEqual(Default.Value))
        {
            return Default.Value;
        }

        ref var known = ref Known[(uint)string.GetHashCode(ns, StringComparison.Ordinal) % Remembered];
        var shared = Volatile.Read(ref known);
        if (shared is null || !ns.SequenceEqual(shared))
        {
            shared = ns.ToString();
            Volatile.Write(ref known, shared);
        }

        return shared;
    }

    public override string ToString() => Value;
}
