namespace OrleansTagCache.Names;

/// <summary>
/// A tag of another namespace, as an entry carries it among its own tags that was made from an entry there: updating the tag in that namespace expires both. It is a control character, which
/// no tag may have, and the tag's whole identity; so no user can name one, and no tag of the entry's own namespace looks like one.
/// </summary>
internal static class ForeignTag
{
    private const char Mark = '\u0001';

    public static bool Is(string? tag) => tag is [Mark, ..];

    /// <summary>The tag as entries of other namespaces carry it.</summary>
    public static string Of(TagId tag) => $"{Mark}{tag.Scoped}";

    /// <summary>What it stands for.</summary>
    public static TagId IdOf(string foreign) => TagId.OfScopedTag(foreign[1..]);

    /// <summary>Says what is wrong with one, or null when nothing is. <c>*</c> of another namespace is sound.</summary>
    public static string? Fault(string foreign)
    {
        try
        {
            return NameRules.Fault("tag", CacheNamespace.Split(foreign[1..]).Name, NameLimits.TagLength);
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Those of an entry's tags that are of its own namespace.</summary>
    public static string[] Without(string[] tags) => Array.Exists(tags, Is) ? Array.FindAll(tags, static tag => !Is(tag)) : tags;
}
