using System.Net;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Whether a request comes from a program on this machine. A browser here may be made to send requests by any page: it then names the page's
/// origin, or, with a name that the page's owner has pointed at this machine, that name as the host. A proxy here may pass on what others send: it then says so.
/// </summary>
internal static class LocalRequest
{
    /// <summary>What proxies add, and where ASP.NET Core puts it when it has taken it over.</summary>
    private static readonly string[] ForwardedBy = ["Forwarded", "X-Forwarded-For", "X-Original-For", "X-Real-IP", "Via"];

    public static bool Is(HttpContext http) => IsLoopback(http.Connection.RemoteIpAddress) && HasLocalHeaders(http.Request);

    /// <summary>Whether nothing in the headers speaks against it. They say nothing of the connection: a program elsewhere can send the same.</summary>
    public static bool HasLocalHeaders(HttpRequest request) =>
        IsLoopback(request.Headers.Host.ToString()) && IsOwnOrigin(request) && !IsCrossSite(request) && !Array.Exists(ForwardedBy, request.Headers.ContainsKey);

    /// <summary>An application may listen on every address of the machine. A connection without an address, such as of a Unix socket, may be a proxy's.</summary>
    private static bool IsLoopback(IPAddress? address) =>
        address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    /// <summary>It is read as it was sent: <see cref="HttpRequest.Host"/> decodes international names.</summary>
    private static bool IsLoopback(string host)
    {
        var port = host.LastIndexOf(':');
        var name = port > host.LastIndexOf(']') && !host.AsSpan(port + 1).ContainsAnyExceptInRange('0', '9') ? host[..port] : host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (name.StartsWith('[') && name.EndsWith(']') && IsLoopbackAddress(name[1..^1]))
            || (!name.Contains(':', StringComparison.Ordinal) && IsLoopbackAddress(name));
    }

    private static bool IsLoopbackAddress(string text) => IPAddress.TryParse(text, out var address) && IPAddress.IsLoopback(address);

    private static bool IsOwnOrigin(HttpRequest request) =>
        request.Headers.Origin.Count == 0 || (request.Headers.Origin.Count == 1 && request.Headers.Origin[0] == $"{request.Scheme}://{request.Headers.Host}");

    private static bool IsCrossSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].Any(site => site is "cross-site" or "same-site");
}
