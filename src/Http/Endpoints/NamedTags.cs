using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>Reads the tags that a body names.</summary>
internal static class NamedTags
{
    /// <summary>How many tags an update or a revalidation of any of them may name: as many as an entry has.</summary>
    public const int MostOfAny = NameLimits.TagsPerEntry;

    /// <summary>How many bytes a body may have that names so many.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>The tags, in the caller's namespace.</summary>
    /// <exception cref="ArgumentException">There are none, too many, or one breaks a limit.</exception>
    public static TagId[] Of(HttpContext http, string[]? tags, int most = NameLimits.TagsPerCall)
    {
        var names = TagSet.ForCall(tags ?? throw new ArgumentException($"'tags' is missing: an array of 1 to {most} tags."), most);
        var space = http.Caller().Namespace;
        return Array.ConvertAll(names, tag => TagId.OfTag(space, tag));
    }
}
