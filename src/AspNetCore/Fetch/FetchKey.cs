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

    /// <summary>What the primary handler adds by its settings, the same to all.</summary>
    private static readonly HashSet<string> OfTheHandler = new(["Accept-Encoding"], StringComparer.OrdinalIgnoreCase);

    public static bool HasCredentials(HttpRequestMessage request) => Array.Exists(OfCredentials, name => request.Headers.NonValidated.Contains(name));

    /// <summary>The name of a header that was sent and that the request did not have, or not so; null if there is none that matters.</summary>
    public static string? OtherHeader(HttpRequestMessage request, HttpRequestMessage sent, ISet<string> harmless)
    {
        foreach (var header in sent.Headers.NonValidated)
        {
            if (!OfTracing.Contains(header.Key) && !OfTheHandler.Contains(header.Key) && !harmless.Contains(header.Key)
                && !(request.Headers.NonValidated.TryGetValues(header.Key, out var known) && known.ToString() == header.Value.ToString()))
            {
                return header.Key;
            }
        }

        return null;
    }

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
