using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansTagCache.Silo.Http;

/// <summary>What the server takes before an endpoint looks: enough for the largest call that keeps the limits of names.</summary>
internal static class HttpBounds
{
    /// <summary>A unit of a name takes up to nine characters in a query: three bytes of UTF-8, each as %XX.</summary>
    private const int CharactersPerUnit = 9;

    public static void Apply(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        var names = NameLimits.KeyLength + (NameLimits.TagsPerCall * (NameLimits.TagLength + 1));
        server.Limits.MaxRequestLineSize = (CharactersPerUnit * names) + 1_024;
        server.Limits.MaxRequestBufferSize = Math.Max(server.Limits.MaxRequestBufferSize ?? 0, server.Limits.MaxRequestLineSize);

        // Bodies are read by the endpoints, within their own bounds.
        server.Limits.MaxRequestBodySize = null;
    }
}
