namespace OrleansTagCache.Names;

/// <summary>What a <see cref="TagId"/> names: a tag that users put on entries, or the tag that every entry has of its own, its key.</summary>
internal enum TagKind : byte
{
    Tag = 0,
    Key = 1,
}

/// <summary>The identity of a tag in a ledger and on the wire.</summary>
/// <param name="Kind">Whether it is a tag of users, or a key.</param>
/// <param name="Namespace">The namespace of a tag; none for a key, whose name says it.</param>
/// <param name="Name">The name of a tag, without the namespace: the one string that all entries of a process share. A key's identity is that of its entry's grain, namespace and all.</param>
[GenerateSerializer, Immutable, Alias("otc.TagId")]
internal readonly record struct TagId([property: Id(0)] TagKind Kind, [property: Id(1)] CacheNamespace Namespace, [property: Id(2)] string Name)
{
    public static TagId OfTag(CacheNamespace ns, string tag) => new(TagKind.Tag, ns, tag);

    /// <summary>The tag that a grain of tags is addressed by.</summary>
    /// <exception cref="FormatException">It is not an identity.</exception>
    public static TagId OfScopedTag(string scoped)
    {
        var (ns, name) = CacheNamespace.Split(scoped);
        return OfTag(ns, name);
    }

    /// <summary>The tag that an entry has of its own. <paramref name="scopedKey"/> is the entry grain's identity.</summary>
    public static TagId OfKey(string scopedKey) => new(TagKind.Key, default, scopedKey);

    /// <summary>The tag that addresses everything in the namespace.</summary>
    public static TagId OfEverything(CacheNamespace ns) => OfTag(ns, TagName.Everything.Value);

    /// <summary>A tag as an entry of that namespace carries it, which may be one of another namespace.</summary>
    public static TagId OfEntryTag(CacheNamespace ns, string tag) => ForeignTag.Is(tag) ? ForeignTag.IdOf(tag) : OfTag(ns, tag);

    /// <summary>All tags that a value bears beside its key: its own, and last the namespace's <c>*</c>.</summary>
    public static TagId[] OfEntry(string scopedKey, IReadOnlyList<string> tags) => OfEntry(scopedKey, tags, new TagId[tags.Count + 1]);

    /// <summary>All tags that a value bears: its own, the namespace's <c>*</c>, and last its key.</summary>
    public static TagId[] OfEntryAndKey(string scopedKey, IReadOnlyList<string> tags)
    {
        var ids = OfEntry(scopedKey, tags, new TagId[tags.Count + 2]);
        ids[^1] = OfKey(scopedKey);
        return ids;
    }

    /// <summary>The identity as one string, which the tag's or the entry's grain has.</summary>
    public string Scoped => Kind == TagKind.Key ? Name : Namespace.Scope(Name);

    /// <summary>The tag as an entry of that namespace carries it.</summary>
    public string CarriedIn(CacheNamespace ns) => Namespace == ns ? Name : ForeignTag.Of(this);

    public override string ToString() => $"{Kind}:{Scoped}";

    private static TagId[] OfEntry(string scopedKey, IReadOnlyList<string> tags, TagId[] ids)
    {
        var ns = CacheNamespace.Of(scopedKey);
        for (var i = 0; i < tags.Count; i++)
        {
            ids[i] = OfEntryTag(ns, tags[i]);
        }

        ids[tags.Count] = OfEverything(ns);
        return ids;
    }
}
