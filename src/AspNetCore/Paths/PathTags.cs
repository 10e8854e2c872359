using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using OrleansTagCache.Names;

namespace OrleansTagCache.Paths;

/// <summary>
/// The tags that a cached response bears for where it was asked: its paths, the pattern of its route, and each beginning of that pattern. As Next.js' implicit tags;
/// unlike those, case does not matter, since it does not matter to ASP.NET Core's routes.
/// </summary>
internal static class PathTags
{
    private const string OfPath = "otc:path:";
    private const string OfPage = "otc:page:";
    private const string OfLayout = "otc:layout:";

    /// <param name="http">The request.</param>
    /// <param name="path">Its path when it was taken up, with and without the application's base: the pipeline may have changed it since.</param>
    public static IEnumerable<string> Of(HttpContext http, (PathString Base, PathString Path) path)
    {
        var pattern = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern;
        var below = new List<string> { path.Path.Value ?? string.Empty };
        if (pattern is not null)
        {
            below.AddRange(PageForms.Of(pattern, http.Request.RouteValues, below[0]));
        }

        // As the client gave it, before anything rewrote it.
        var raw = http.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] target ? [AddressForm.Of(target)] : Array.Empty<string>();
        var paths = below.SelectMany(form => new[] { AddressForm.Of(form), AddressForm.Of(path.Base.Value + form) }).Concat(raw);
        return paths.Select(form => Tag(OfPath, form)).Concat(pattern is null ? [] : OfRoute(pattern)).Distinct(StringComparer.Ordinal);
    }

    /// <exception cref="ArgumentException">It is no path, or one that may be understood in different ways.</exception>
    public static string[] Path(string path) => [.. AddressForm.Parse(path, nameof(path)).Select(form => Tag(OfPath, form))];

    /// <exception cref="ArgumentException">It does not begin with a slash, or is no pattern.</exception>
    public static string Pattern(string pattern, PathKind kind) => Tag(kind == PathKind.Page ? OfPage : OfLayout, Join(Segments(Parse(pattern), withRequired: false)));

    private static IEnumerable<string> OfRoute(RoutePattern pattern)
    {
        // A conventional route stands for many: each is also known by the names that it requires, as /admin/{controller}.
        foreach (var segments in new[] { Segments(pattern, withRequired: false), Segments(pattern, withRequired: true) })
        {
            yield return Tag(OfPage, Join(segments));
            for (var length = 0; length <= segments.Count; length++)
            {
                yield return Tag(OfLayout, Join(segments.Take(length)));
            }
        }
    }

    private static RoutePattern Parse(string path)
    {
        var pattern = path.StartsWith("~/", StringComparison.Ordinal) ? path[1..] : path;
        if (!pattern.StartsWith('/') || pattern.Split('/').Any(segment => segment is "." or ".."))
        {
            throw new ArgumentException("A pattern must begin with '/' or '~/', and must not have dot segments.", nameof(path));
        }

        if (pattern.Contains('[', StringComparison.Ordinal))
        {
            throw new ArgumentException("A pattern has its parameters in braces, such as {slug}; tokens in brackets, such as [controller], are not supported.", nameof(path));
        }

        try
        {
            return RoutePatternFactory.Parse(pattern);
        }
        catch (RoutePatternException fault)
        {
            throw new ArgumentException($"The path is not a route pattern. {fault.Message}", nameof(path), fault);
        }
    }

    /// <summary>Without what says which values a parameter takes: a pattern is the same with and without.</summary>
    private static List<string> Segments(RoutePattern pattern, bool withRequired) =>
        [.. pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => AddressForm.Decoded(literal.Content),
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart named when withRequired && pattern.RequiredValues.GetValueOrDefault(named.Name) is string { Length: > 0 } required => required,
            RoutePatternParameterPart { IsCatchAll: true } rest => $"{{*{rest.Name}}}",
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            _ => string.Empty,
        })))];

    private static string Join(IEnumerable<string> segments) => "/" + AddressForm.Folded(string.Join('/', segments));

    /// <summary>A path may be longer than a tag, and may have in it what a tag may not: then its digest stands for it.</summary>
    private static string Tag(string kind, string path)
    {
        var tag = kind + path;
        return NameRules.Fault("tag", tag, NameLimits.TagLength) is null
            ? tag
            : $"{kind}#{NameDigest.Of(tag)}";
    }
}
