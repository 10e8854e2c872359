using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansTagCache.Http.Limits;

/// <summary>What the server takes before an endpoint looks: enough for the largest call that keeps the limits of names.</summary>
internal static class ServerLimits
{
    /// <summary>A unit of a name takes up to nine characters in a query: three bytes of UTF-8, each as %XX.</summary>
    private const int CharactersPerUnit = 9;

    private const int BodyBytesPerSecond = 240;

    /// <summary>Several times what clients and proxies send.</summary>
    private const int MaximumHeaders = 64;

    public static void Apply(KestrelServerOptions server, HttpLimitOptions limits)
    {
        server.AddServerHeader = false;
        server.Limits.MaxConcurrentConnections = limits.Connections;
        server.Limits.MaxConcurrentUpgradedConnections = limits.Sessions;
        server.Limits.RequestHeadersTimeout = limits.HeadTimeout;
        server.Limits.MinRequestBodyDataRate = new(BodyBytesPerSecond, limits.HeadTimeout);
        server.Limits.MaxRequestHeaderCount = MaximumHeaders;
        var names = NameLimits.KeyLength + (NameLimits.TagsPerCall * (NameLimits.TagLength + 1));
        server.Limits.MaxRequestLineSize = (CharactersPerUnit * names) + 1_024;

        // What waits to be read of a connection, such as calls that are sent while an answer is not read: no more than the longest line, which must fit.
        server.Limits.MaxRequestBufferSize = server.Limits.MaxRequestLineSize;

        // Bodies are read by the endpoints, within their own bounds.
        server.Limits.MaxRequestBodySize = null;
    }
}
