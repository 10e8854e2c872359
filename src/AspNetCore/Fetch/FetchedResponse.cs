using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace OrleansTagCache.Fetch;

/// <summary>A response as it is kept.</summary>
internal sealed record FetchedResponse(
    string? ReasonPhrase, Version Version, FetchedHeader[] Headers, FetchedHeader[] ContentHeaders, byte[] Body, DateTimeOffset At)
{
    /// <summary>What is between two hops is not the response's.</summary>
    private static readonly HashSet<string> OfTheConnection = new(
        ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Trailer", "Transfer-Encoding", "Upgrade", "Age"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a response must not be kept; null if it may be.</summary>
    public static string? FaultOf(HttpResponseMessage response) =>
        response.StatusCode != HttpStatusCode.OK ? "Its status is not 200."
        : response.Headers.Contains("Set-Cookie") ? "It sets a cookie."
        : Says(response.Headers, "no-store", "private") ? "Its Cache-Control says private or no-store."
        : response.Headers.Vary.Contains("*") ? "It varies by more than its request."
        : null;

    /// <summary>Whether Cache-Control has one of these words in it, well-formed or not: who wrote it meant something by it.</summary>
    public static bool Says(HttpHeaders headers, params ReadOnlySpan<string> words)
    {
        if (headers.NonValidated.TryGetValues("Cache-Control", out var values))
        {
            var all = values.ToString();
            foreach (var word in words)
            {
                if (all.Contains(word, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public static FetchedResponse Of(HttpResponseMessage response, byte[] body, DateTimeOffset now) => new(
        response.ReasonPhrase,
        response.Version,
        [.. response.Headers.Where(header => !OfTheConnection.Contains(header.Key)).Select(header => new FetchedHeader(header.Key, [.. header.Value]))],
        [.. response.Content.Headers.Select(header => new FetchedHeader(header.Key, [.. header.Value]))],
        body,
        now);

    public HttpResponseMessage ToResponse(HttpRequestMessage request, DateTimeOffset now)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK)
        {
            ReasonPhrase = ReasonPhrase,
            Version = Version,
            RequestMessage = request,
            Content = new ByteArrayContent(Body),
        };
        foreach (var header in Headers)
        {
            response.Headers.TryAddWithoutValidation(header.Name, header.Values);
        }

        foreach (var header in ContentHeaders)
        {
            response.Content.Headers.TryAddWithoutValidation(header.Name, header.Values);
        }

        var age = Math.Max(0, (long)(now - At).TotalSeconds);
        response.Headers.TryAddWithoutValidation("Age", age.ToString(CultureInfo.InvariantCulture));
        return response;
    }
}

/// <summary>A header and its values.</summary>
internal sealed record FetchedHeader(string Name, string[] Values);
