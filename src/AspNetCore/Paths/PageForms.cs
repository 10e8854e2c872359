using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace OrleansTagCache.Paths;

/// <summary>The paths that lead to the same page of a route: with and without parameters that have their default values, and the <c>Index</c> of Razor pages.</summary>
internal static class PageForms
{
    private const string Index = "/Index";

    public static IEnumerable<string> Of(RoutePattern pattern, RouteValueDictionary values, string path) =>
        OfDefaults(pattern, values).Concat(OfIndex(values, path));

    /// <summary>All of them written out, and then without one after the other, from the end.</summary>
    private static IEnumerable<string> OfDefaults(RoutePattern pattern, RouteValueDictionary values)
    {
        List<string> filled = [];
        foreach (var segment in pattern.PathSegments)
        {
            // An optional one that was left out ends it.
            if (segment.Parts.Any(part => part is RoutePatternParameterPart parameter && values[parameter.Name] is null))
            {
                break;
            }

            filled.Add(string.Concat(segment.Parts.Select(part => part switch
            {
                RoutePatternLiteralPart literal => literal.Content,
                RoutePatternSeparatorPart separator => separator.Content,
                RoutePatternParameterPart parameter => values[parameter.Name]!.ToString(),
                _ => string.Empty,
            })));
        }

        yield return "/" + string.Join('/', filled);
        while (filled.Count > 0 && pattern.PathSegments[filled.Count - 1].Parts is [RoutePatternParameterPart last] && IsDefault(pattern, values, last))
        {
            filled.RemoveAt(filled.Count - 1);
            yield return "/" + string.Join('/', filled);
        }
    }

    private static bool IsDefault(RoutePattern pattern, RouteValueDictionary values, RoutePatternParameterPart parameter) =>
        pattern.Defaults.TryGetValue(parameter.Name, out var stated)
        && string.Equals(stated?.ToString(), values[parameter.Name]?.ToString(), StringComparison.OrdinalIgnoreCase);

    /// <summary>A page that is named Index answers under its folder too, with what its template adds behind.</summary>
    private static IEnumerable<string> OfIndex(RouteValueDictionary values, string path)
    {
        if (values["page"] is not string page || !page.EndsWith(Index, StringComparison.OrdinalIgnoreCase))
        {
            yield break;
        }

        var named = values["area"] is string { Length: > 0 } area ? $"/{area}{page}" : page;
        var folder = named[..^Index.Length];
        if (path.StartsWith(named, StringComparison.OrdinalIgnoreCase))
        {
            yield return folder + path[named.Length..];
        }
        else if (path.StartsWith(folder, StringComparison.OrdinalIgnoreCase))
        {
            yield return named + path[folder.Length..];
        }
    }
}
