using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Authentication;

/// <summary>Who calls: the namespace that all names of the call are in, and what may be done there.</summary>
/// <param name="KeyId">The name of the key; null when none is needed.</param>
/// <param name="Namespace">The only namespace that the call reaches.</param>
/// <param name="Scopes">What it may do.</param>
internal sealed record ApiCaller(string? KeyId, CacheNamespace Namespace, Scopes Scopes)
{
    public bool May(Scopes scope) => (Scopes & scope) == scope;
}

/// <summary>What an endpoint needs of its caller.</summary>
internal sealed record NeedsScope(Scopes Scope);

/// <summary>The caller of a request, once <see cref="AccessCheck"/> has let it through.</summary>
internal static class CallerOfRequest
{
    public static ApiCaller Caller(this HttpContext http) =>
        http.Features.Get<ApiCaller>() ?? throw new InvalidOperationException("The caller was not checked: the endpoint names no scope.");

    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Scopes scope)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsScope(scope));
}
