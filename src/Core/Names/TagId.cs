namespace OrleansTagCache.Names;

/// <summary>What a <see cref="TagId"/> names: a tag that users put on entries, or the tag that every entry has of its own, its key.</summary>
internal enum TagKind : byte
{
    Tag = 0,
    Key = 1,
}

/// <summary>The identity of a tag in a ledger and on the wire: its kind and its namespaced name.</summary>
[GenerateSerializer, Immutable, Alias("otc.TagId")]
internal readonly record struct TagId([property: Id(0)] TagKind Kind, [property: Id(1)] string Scoped)
{
    public static TagId OfTag(CacheNamespace ns, string tag) => new(TagKind.Tag, ns.Scope(tag));

    /// <summary>The tag that an entry has of its own. <paramref name="scopedKey"/> is the entry grain's identity.</summary>
    public static TagId OfKey(string scopedKey) => new(TagKind.Key, scopedKey);

    /// <summary>The tag that addresses everything in the namespace.</summary>
    public static TagId OfEverything(CacheNamespace ns) => OfTag(ns, TagName.Everything.Value);

    /// <summary>A tag as an entry of that namespace carries it, which may be one of another namespace.</summary>
    public static TagId OfEntryTag(CacheNamespace ns, string tag) => ForeignTag.Is(tag) ? ForeignTag.IdOf(tag) : OfTag(ns, tag);

    /// <summary>All tags that a value bears: its own, the namespace's <c>*</c>, and last its key.</summary>
    public static TagId[] OfEntry(string scopedKey, IReadOnlyList<string> tags)
    {
        var ns = CacheNamespace.Split(scopedKey).Namespace;
        var ids = new TagId[tags.Count + 2];
        for (var i = 0; i < tags.Count; i++)
        {
            ids[i] = OfEntryTag(ns, tags[i]);
        }

        ids[^2] = OfEverything(ns);
        ids[^1] = OfKey(scopedKey);
        return ids;
    }

    /// <summary>The name without its namespace.</summary>
    public string Name => CacheNamespace.Split(Scoped).Name;

    /// <summary>The tag as an entry of that namespace carries it.</summary>
    public string CarriedIn(CacheNamespace ns) => Scoped.StartsWith(ns.Scope(string.Empty), StringComparison.Ordinal) ? Name : ForeignTag.Of(this);

    public override string ToString() => $"{Kind}:{Scoped}";
}
