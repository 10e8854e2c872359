using System.Security.Claims;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Authentication;

/// <summary>Who calls the API: the namespace that all names of the call are in, and what may be done there.</summary>
/// <param name="KeyId">The name of the key; null for a program on this machine, where no key is needed.</param>
/// <param name="Namespace">The only namespace that the call reaches.</param>
/// <param name="Scopes">What it may do.</param>
internal sealed record ApiCaller(string? KeyId, CacheNamespace Namespace, Scopes Scopes)
{
    public bool May(Scopes scope) => (Scopes & scope) == scope;
}

/// <summary>
/// The identity of a caller. What it may do is in <see cref="Caller"/> and not in claims, so that claims of other schemes, whatever they say, give no access to the API.
/// </summary>
internal sealed class ApiCallerIdentity(ApiCaller caller) : ClaimsIdentity(TagCacheAuthorization.Scheme)
{
    public ApiCaller Caller => caller;

    public override string? Name => caller.KeyId;

    public override ClaimsIdentity Clone()
    {
        var clone = new ApiCallerIdentity(caller);
        clone.AddClaims(Claims);
        return clone;
    }

    /// <summary>The caller that a user is; null if it was not authenticated by the API's scheme.</summary>
    public static ApiCaller? Of(ClaimsPrincipal user) =>
        user.Identity is ApiCallerIdentity only ? only.Caller : user.Identities.OfType<ApiCallerIdentity>().FirstOrDefault()?.Caller;
}

/// <summary>The caller of a request.</summary>
internal static class ApiCallerOfRequest
{
    /// <summary>The session of the operators' page that the request was let in by; null if it was by a key, or without one.</summary>
    public static UiSession? Session(this HttpContext http) => http.Items[typeof(UiSession)] as UiSession;

    /// <exception cref="InvalidOperationException">The request was not authorized: the application has taken authorization away from the endpoint.</exception>
    public static ApiCaller Caller(this HttpContext http) =>
        ApiCallerIdentity.Of(http.User) ?? throw new InvalidOperationException("An endpoint of the HTTP API was reached without authorization.");
}
