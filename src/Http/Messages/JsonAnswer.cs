using System.Text.Json;

namespace OrleansTagCache.Http.Messages;

/// <summary>Answers in JSON whose names are the API's, whatever the application sets for JSON of its own.</summary>
internal static class JsonAnswer
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static IResult Ok<T>(T value) => Results.Json(value, Web);

    /// <summary>A part of an answer that is put together by hand.</summary>
    public static byte[] Part<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Web);
}
