namespace OrleansTagCache.Http.Messages;

/// <summary>
/// Refuses requests whose end is a matter of opinion (RFC 9112, 6.1): a length beside chunks, and encodings that are not taken off. A proxy in front may see another end than this server, and
/// the rest as another caller's request. Also those whose host is not valid, since reading it would throw, and those with an expectation that is not supported.
/// </summary>
internal static class RequestCheck
{
    /// <summary>Where the server puts a length that it does not go by.</summary>
    private const string LengthBesideChunks = "X-Content-Length";

    public static Task Invoke(HttpContext http, RequestDelegate next)
    {
        var encoding = http.Request.Headers.TransferEncoding;
        if (!HasSoundHost(http.Request))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "bad_request", "The Host is not the name of a host.").ExecuteAsync(http);
        }

        var expected = http.Request.Headers.Expect;
        if (expected.Count > 0 && !string.Equals(expected, "100-continue", StringComparison.OrdinalIgnoreCase))
        {
            return Problems.Of(StatusCodes.Status417ExpectationFailed, "expectation_failed", "The only expectation that this server meets is 100-continue.").ExecuteAsync(http);
        }

        if (encoding.Count == 0
            || (encoding.Count == 1 && string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase) && !http.Request.Headers.ContainsKey(LengthBesideChunks)))
        {
            return next(http);
        }

        // What comes after it on the connection is not a request.
        http.Response.Headers.Connection = "close";
        return Problems.Of(StatusCodes.Status400BadRequest, "bad_request", "A body needs either a Content-Length or 'Transfer-Encoding: chunked', not both; no other transfer encoding is accepted.").ExecuteAsync(http);
    }

    private static bool HasSoundHost(HttpRequest request)
    {
        try
        {
            _ = request.Host;
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
