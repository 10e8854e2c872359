using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTagCache.Silo.Http;

/// <summary>Reads request bodies within a bound, before anything of them is believed.</summary>
internal static class BodyReader
{
    /// <summary>Far more than the largest call that keeps its limits needs.</summary>
    private const int MaximumJsonBytes = 512 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 8,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The whole body, or null if it is larger than the limit.</summary>
    /// <exception cref="BadHttpRequestException">It breaks off, or its framing is wrong.</exception>
    public static async ValueTask<byte[]?> TryRead(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        using var body = new MemoryStream((int)(request.ContentLength ?? 0));
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await ReadSome(request, buffer)) > 0)
        {
            if (body.Length + read > limit)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.Length == body.Capacity ? body.GetBuffer() : body.ToArray();
    }

    private static async ValueTask<int> ReadSome(HttpRequest request, Memory<byte> buffer)
    {
        try
        {
            return await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            // The server throws it bare for the size of a chunk that is no number it can hold.
            throw new BadHttpRequestException("The body cannot be read.", exception);
        }
    }

    /// <summary>The body as JSON of that type, or what is wrong with it.</summary>
    public static async ValueTask<(T? Value, IResult? Problem)> ReadJson<T>(HttpRequest request)
        where T : class
    {
        var body = await TryRead(request, MaximumJsonBytes);
        if (body is null)
        {
            return (null, Problems.Of(StatusCodes.Status413PayloadTooLarge, "payload_too_large", $"A JSON body may have at most {MaximumJsonBytes} bytes."));
        }

        try
        {
            var json = body.AsSpan().StartsWith(ByteOrderMark) ? body.AsSpan(ByteOrderMark.Length) : body;
            return JsonSerializer.Deserialize<T>(json, Strict) is { } value
                ? (value, null)
                : (null, Problems.MalformedJson("The body must be a JSON object; it is null."));
        }
        catch (JsonException exception)
        {
            return (null, Problems.MalformedJson(
                $"The body is not the JSON object that this call takes (line {exception.LineNumber + 1 ?? 1}, byte {exception.BytePositionInLine + 1 ?? 1})."));
        }
    }
}
