using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using OrleansTagCache.Names;

namespace OrleansTagCache.Paths;

/// <summary>
/// The tags that a cached response bears for where it was asked: its path, the pattern of its route, and each beginning of that pattern. As Next.js' implicit tags;
/// unlike those, case does not matter, since it does not matter to ASP.NET Core's routes.
/// </summary>
internal static class PathTags
{
    private const string OfPath = "otc:path:";
    private const string OfPage = "otc:page:";
    private const string OfLayout = "otc:layout:";

    public static IEnumerable<string> Of(HttpContext request)
    {
        yield return Path(request.Request.PathBase.Add(request.Request.Path).Value!);
        if (request.GetEndpoint() is not RouteEndpoint { RoutePattern: var pattern })
        {
            yield break;
        }

        var segments = Segments(pattern);
        yield return Tag(OfPage, Join(segments));
        for (var length = 0; length <= segments.Count; length++)
        {
            yield return Tag(OfLayout, Join(segments.Take(length)));
        }
    }

    /// <exception cref="ArgumentException">It does not begin with a slash.</exception>
    public static string Path(string path) => Tag(OfPath, "/" + Checked(path).Trim('/'));

    /// <exception cref="ArgumentException">It does not begin with a slash, or is no pattern.</exception>
    public static string Pattern(string pattern, PathKind kind) =>
        Tag(kind == PathKind.Page ? OfPage : OfLayout, Join(Segments(Parse(Checked(pattern)))));

    private static string Checked(string path) =>
        path.StartsWith('/') ? path : throw new ArgumentException("A path begins with '/'.", nameof(path));

    private static RoutePattern Parse(string path)
    {
        try
        {
            return RoutePatternFactory.Parse(path);
        }
        catch (RoutePatternException fault)
        {
            throw new ArgumentException($"The path is no route pattern. {fault.Message}", nameof(path), fault);
        }
    }

    /// <summary>Without what says which values a parameter takes: a pattern is the same with and without.</summary>
    private static List<string> Segments(RoutePattern pattern) =>
        [.. pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart { IsCatchAll: true } rest => $"{{*{rest.Name}}}",
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            _ => string.Empty,
        })))];

    private static string Join(IEnumerable<string> segments) => "/" + string.Join('/', segments);

    /// <summary>A path may be longer than a tag, and may have in it what a tag may not: then its digest stands for it.</summary>
    private static string Tag(string kind, string path)
    {
        var tag = kind + path.ToLowerInvariant();
        return NameRules.Fault("tag", tag, NameLimits.TagLength) is null
            ? tag
            : $"{kind}#{NameDigest.Of(tag)}";
    }
}
