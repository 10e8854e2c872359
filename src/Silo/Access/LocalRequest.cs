using System.Net;

namespace OrleansTagCache.Silo.Access;

/// <summary>
/// Whether a request comes from a program on this machine. A browser here may be made to send requests by any page: it then names the page's
/// origin, or, with a name that the page's owner has pointed at this machine, that name as the host.
/// </summary>
internal static class LocalRequest
{
    public static bool Is(HttpRequest request) => IsLoopback(request.Host.Host) && IsOwnOrigin(request) && !IsCrossSite(request);

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));

    private static bool IsOwnOrigin(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || (request.Headers.Origin.Count == 1 && request.Headers.Origin[0] == $"{request.Scheme}://{request.Host.Value}");

    private static bool IsCrossSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].Any(site => site is "cross-site" or "same-site");
}
