using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace OrleansTagCache.Http.Messages;

/// <summary>
/// What a call that stores or removes may say of its value and of its conditions. Only the Content-Type is kept, so what would change the meaning of the bytes, or whether
/// anything is to be done, is refused: dropped in silence it would be lost. What speaks of the call alone is let through.
/// </summary>
internal static class PutHeaders
{
    private const int MaximumContentTypeLength = 256;
    private const string OfContent = "Content-";

    private static readonly FrozenSet<string> Conditions = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.IfMatch,
        HeaderNames.IfNoneMatch,
        HeaderNames.IfUnmodifiedSince);

    /// <summary>Beside the fields that begin with <c>Content-</c>: those that responses bear, and that speak of what is to be stored.</summary>
    private static readonly FrozenSet<string> OfResponses = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.Age,
        HeaderNames.ETag,
        HeaderNames.Expires,
        HeaderNames.LastModified,
        HeaderNames.Link,
        HeaderNames.SetCookie,
        HeaderNames.Vary,
        "Cache-Tag",
        "CDN-Cache-Control",
        "Digest",
        "Repr-Digest",
        "Surrogate-Control",
        "Surrogate-Key");

    /// <summary>What clients say of the request itself, often without being asked.</summary>
    private static readonly FrozenSet<string> OfRequests = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "no-cache", "no-store", "no-transform", "max-age=0");

    /// <summary>Why a PUT with these headers is refused, or null.</summary>
    public static IResult? RefusalOfPut(HttpContext http)
    {
        var headers = http.Request.Headers;
        if (!headers.ContentEncoding.All(encodings => Members(encodings).All(encoding => encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))))
        {
            http.Response.Headers.AcceptEncoding = "identity";
            return Problems.Of(
                StatusCodes.Status415UnsupportedMediaType,
                "unsupported_media_type",
                "A Content-Encoding is not kept: send the bytes as they are to be read, or encode them and say so in the Content-Type.");
        }

        return ContentTypeFault(headers.ContentType) is { } fault ? Problems.InvalidArgument(fault)
            : headers.CacheControl.Any(directives => !Members(directives).All(OfRequests.Contains)) ? NotKept("Cache-Control", "The life of an entry is named in the query: life, or stale, revalidate and expire.")
            : Refused(headers) ?? RefusalOfConditions(headers);
    }

    /// <summary>Why a call under these conditions is refused, or null: it would be done whether they hold or not.</summary>
    public static IResult? RefusalOfConditions(IHeaderDictionary headers) =>
        Conditions.FirstOrDefault(headers.ContainsKey) is { } condition ? NotKept(condition, "Entries have no validators, and conditions are not checked.") : null;

    /// <summary>Why the fields after a body are refused, or null.</summary>
    public static IResult? RefusalOfTrailers(IHeaderDictionary trailers) =>
        trailers.Keys.Any(name => name.StartsWith(OfContent, StringComparison.OrdinalIgnoreCase)) ? NotKept("A field that begins with Content-", "It came after the body.") : Refused(trailers);

    /// <summary>What is wrong with a Content-Type, or null.</summary>
    internal static string? ContentTypeFault(StringValues contentType) =>
        contentType.Count > 1 ? $"A value has one Content-Type; this call names {contentType.Count}."
        : contentType.ToString() is var text && text.Length > MaximumContentTypeLength ? $"A Content-Type may have at most {MaximumContentTypeLength} units; this one has {text.Length}."
        : text.Any(c => c is < ' ' or > '~') ? "A Content-Type must be printable ASCII."
        : null;

    private static IResult? Refused(IHeaderDictionary headers)
    {
        if (OfResponses.FirstOrDefault(headers.ContainsKey) is { } named)
        {
            return NotKept(named, "Only the Content-Type of a value is kept.");
        }

        return headers.Keys.Any(IsUnknownOfContent) ? NotKept("A field that begins with Content-", "Only the Content-Type of a value is kept.") : null;
    }

    private static bool IsUnknownOfContent(string name) => name.StartsWith(OfContent, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.ContentEncoding, StringComparison.OrdinalIgnoreCase);

    private static IResult NotKept(string field, string why) => Problems.Of(
        StatusCodes.Status400BadRequest, "unsupported_header", $"{field} would be lost: {char.ToLowerInvariant(why[0])}{why[1..]} Leave it out. Nothing was done.");

    private static string[] Members(string? list) => (list ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
