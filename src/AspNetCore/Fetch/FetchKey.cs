using System.Text;
using OrleansTagCache.Names;

namespace OrleansTagCache.Fetch;

/// <summary>The key of a request: a digest of where it goes and of its headers.</summary>
internal static class FetchKey
{
    private static readonly string[] OfCredentials = ["Authorization", "Cookie", "Proxy-Authorization"];

    /// <summary>What tells requests apart that ask for the same.</summary>
    private static readonly HashSet<string> OfTracing = new(
        ["traceparent", "tracestate", "baggage", "Request-Id", "Correlation-Context", "X-Request-Id", "X-Correlation-Id"], StringComparer.OrdinalIgnoreCase);

    public static bool HasCredentials(HttpRequestMessage request) => Array.Exists(OfCredentials, name => request.Headers.NonValidated.Contains(name));

    /// <summary>Whether what was sent has credentials that the request did not have.</summary>
    public static bool HasOtherCredentials(HttpRequestMessage request, HttpRequestMessage sent) => Array.Exists(
        OfCredentials,
        name => sent.Headers.NonValidated.TryGetValues(name, out var values)
            && !(request.Headers.NonValidated.TryGetValues(name, out var known) && known.ToString() == values.ToString()));

    public static string Of(string client, HttpRequestMessage request, bool isPerUser)
    {
        // Every part is closed by what none has in it.
        var text = new StringBuilder().Append(client.Length).Append(':').Append(client).Append('\n').Append(isPerUser ? "user" : "all").Append('\n');
        text.Append(request.RequestUri!.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped)).Append('\n');
        foreach (var header in request.Headers.NonValidated.Where(header => !OfTracing.Contains(header.Key)).OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            text.Append(header.Key.ToLowerInvariant()).Append(':');
            foreach (var value in header.Value)
            {
                text.Append(value.Length).Append(':').Append(value).Append(',');
            }

            text.Append('\n');
        }

        return $"fetch#{NameDigest.Of(text.ToString())}";
    }
}
