using Microsoft.AspNetCore.OutputCaching;

namespace OrleansTagCache.OutputCaching;

/// <summary>What output caching makes its keys of. It makes none, and still lets requests share, where a part has in it what stands between parts.</summary>
internal static class CacheKeyParts
{
    public const char Delimiter = '\u001e';
    private const char InnerDelimiter = '\u001f';

    /// <summary>Whether there can be a key: no part of it, by the rules that the policies have set, has a delimiter.</summary>
    public static bool AreSound(OutputCacheContext output)
    {
        var (request, rules) = (output.HttpContext.Request, output.CacheVaryByRules);
        return IsSound(request.Method) && IsSound(request.Scheme) && IsSound(request.Host.Value) && IsSound(request.PathBase.Value) && IsSound(request.Path.Value)
            && IsSound(rules.CacheKeyPrefix)
            && rules.HeaderNames.All(name => request.Headers[name ?? string.Empty].All(IsSound))
            && request.Query.All(parameter => IsSound(parameter.Key) && parameter.Value.All(IsSound))
            && rules.RouteValueNames.All(name => IsSound(request.RouteValues.GetValueOrDefault(name ?? string.Empty)?.ToString()))
            && rules.VaryByValues.All(value => IsSound(value.Key) && IsSound(value.Value));
    }

    private static bool IsSound(string? part) => part.AsSpan().IndexOfAny(Delimiter, InnerDelimiter) < 0;
}
