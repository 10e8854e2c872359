using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTagCache.Http.Limits;

namespace OrleansTagCache.Http.Messages;

/// <summary>Reads request bodies within a bound, before anything of them is believed.</summary>
internal static class BodyReader
{
    /// <summary>Far more than a call needs, but for many of the very longest keys.</summary>
    public const int MaximumJsonBytes = 512 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 8,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The whole body, or null if it is larger than the limit. What it takes of the quota is given back when the call has been answered.</summary>
    /// <exception cref="BadHttpRequestException">It breaks off, or its framing is wrong.</exception>
    /// <exception cref="OverloadedException">The bodies of the calls of this moment take all that is kept for them.</exception>
    public static async ValueTask<byte[]?> TryRead(HttpRequest request, int limit, Quota quota)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        // It grows as bytes arrive: what is only announced takes nothing.
        using var body = new BodyPieces();
        var taken = 0;
        try
        {
            int read;
            while ((read = await ReadSome(request, body.Free())) > 0)
            {
                if (body.Length + read > limit)
                {
                    return null;
                }

                if (!quota.TryTake(read))
                {
                    throw new OverloadedException("The limit of memory for request bodies is reached (TagCache:Limits:BodyBytes).");
                }

                taken += read;
                body.Advance(read);
            }

            return body.ToArray();
        }
        catch (OutOfMemoryException)
        {
            // What was read of it goes now, and with it the need.
            throw new OverloadedException("There is no memory for the request body at the moment.");
        }
        finally
        {
            request.HttpContext.Response.RegisterForDispose(new Taken(quota, taken));
        }
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
    public static async ValueTask<(T? Value, IResult? Problem)> ReadJson<T>(HttpRequest request, Quota quota, int limit = MaximumJsonBytes)
        where T : class
    {
        var body = await TryRead(request, limit, quota);
        if (body is null)
        {
            return (null, Problems.Of(StatusCodes.Status413PayloadTooLarge, "payload_too_large", $"A JSON body may have at most {limit} bytes."));
        }

        var (value, why) = Parse<T>(body);
        return (value, why is null ? null : Problems.MalformedJson($"The body {why}"));
    }

    /// <summary>The bytes as JSON of that type, or why they are not, as the end of a sentence.</summary>
    public static (T? Value, string? Why) Parse<T>(ReadOnlySpan<byte> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json, Strict) is { } value
                ? (value, null)
                : (null, "must be a JSON object; it is null.");
        }
        catch (JsonException exception)
        {
            return (null, $"is not the JSON object that this call takes (line {exception.LineNumber + 1 ?? 1}, byte {exception.BytePositionInLine + 1 ?? 1}).");
        }
    }

    private sealed class Taken(Quota quota, long amount) : IDisposable
    {
        public void Dispose() => quota.GiveBack(amount);
    }
}
