using Microsoft.Extensions.Primitives;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Limits;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Stands before every endpoint that names a scope: with keys it takes the caller from the key, and without keys it takes everybody on this
/// machine but web pages of other sites.
/// </summary>
/// <remarks>
/// A good key is always let in, from an address with failures too: whoever shares it with an attacker must not be locked out. Failures
/// beyond the bound are answered 429.
/// </remarks>
internal sealed class AccessCheck(ApiKeyRing keys, FailedAttempts failures, RequestLimits limits, RefusedCallTokens tokens, TagCacheClientOptions options)
{
    private const string Scheme = "Bearer ";

    private readonly ApiCaller _anybody = new(null, CacheNamespace.Parse(options.Namespace), ScopeNames.All);

    public Task Invoke(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<NeedsScope>() is not { } needs)
        {
            return next(http);
        }

        if ((keys.IsRequired ? ByKey(http, needs.Scope) : Local(http)) is { } refusal)
        {
            return Refuse(http, refusal);
        }

        return next(http);
    }

    private async Task Refuse(HttpContext http, IResult refusal)
    {
        if (http.Features.Get<ApiCaller>() is { } known)
        {
            await tokens.End(http.Request, known);
        }

        http.Response.Headers.CacheControl = "no-store";
        await refusal.ExecuteAsync(http);
    }

    private IResult? ByKey(HttpContext http, Scopes scope)
    {
        if (KeyOf(http.Request.Headers.Authorization) is not { } text || keys.Find(text) is not { } key)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return failures.Count(http.Connection.RemoteIpAddress) is { } wait ? Problems.TooMany(http, wait) : Problems.Unauthorized();
        }

        var caller = new ApiCaller(key.Id, key.Namespace, key.Scopes);
        http.Features.Set(caller);
        if (limits.CountCall(key.Id) is { } pause)
        {
            return Problems.TooMany(http, pause);
        }

        return caller.May(scope) ? null : Problems.Forbidden($"The key does not have the scope '{ScopeNames.Of(scope)}'.");
    }

    private IResult? Local(HttpContext http)
    {
        if (!LocalRequest.Is(http.Request))
        {
            return Problems.Forbidden("Without access keys this silo answers programs on its own machine only: no other host name, no web page of another site, and nothing that a proxy passes on.");
        }

        http.Features.Set(_anybody);
        return null;
    }

    private static string? KeyOf(StringValues header) =>
        header.Count == 1 && header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[0]![Scheme.Length..].Trim(' ') : null;
}
