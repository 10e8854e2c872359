namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Whether a request comes from the operators' page itself. A browser sends the cookie of a session with whatever any page of the same site asks for, and a site is a host with all its ports. So a session counts only
/// with a header that the scripts of other origins cannot send, and not where the browser or the origin says that it is another's.
/// </summary>
internal static class UiRequest
{
    /// <summary>The page sends it with each of its calls.</summary>
    public const string Header = "Tag-Cache-Ui";

    public static bool IsFromPage(HttpRequest request) =>
        request.Headers[Header] is ["1"] && (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site ? site is ["same-origin"] : IsOwnOrigin(request));

    /// <summary>The scheme is left out: a proxy in front may have taken TLS off.</summary>
    private static bool IsOwnOrigin(HttpRequest request) => request.Headers.Origin.Count == 0
        || (request.Headers.Origin is [{ } origin] && Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(AuthorityOf(request, from.Scheme), StringComparison.OrdinalIgnoreCase));

    private static string? AuthorityOf(HttpRequest request, string scheme) =>
        Uri.TryCreate($"{scheme}://{request.Headers.Host}", UriKind.Absolute, out var own) ? own.Authority : null;
}
