using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>Reads the tags that a body names.</summary>
internal static class NamedTags
{
    /// <summary>The tags, in the caller's namespace.</summary>
    /// <exception cref="ArgumentException">There are none, too many, or one breaks a limit.</exception>
    public static TagId[] Of(HttpContext http, string[]? tags)
    {
        var names = TagSet.ForCall(tags ?? throw new ArgumentException($"'tags' is missing: an array of 1 to {NameLimits.TagsPerCall} tags."));
        var space = http.Caller().Namespace;
        return Array.ConvertAll(names, tag => TagId.OfTag(space, tag));
    }
}
