using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>The calls of the HTTP API, as a program makes them that knows nothing of .NET.</summary>
internal static class SiloCalls
{
    /// <summary>Reads an entry; without a wait of its own the call does not wait for others.</summary>
    public static Task<Reply> Read(this HttpClient http, string key, string wait = "0", CancellationToken cancellationToken = default) =>
        http.Ask($"/v1/entry?key={Escape(key)}&wait={wait}", cancellationToken);

    public static Task<Reply> Info(this HttpClient http, string key) => http.Ask($"/v1/entry/info?key={Escape(key)}");

    public static Task<Reply> Put(this HttpClient http, string key, string value, string query = "", string? token = null) =>
        http.Put(key, new StringContent(value), query, token);

    public static Task<Reply> Put(this HttpClient http, string key, HttpContent value, string query = "", string? token = null) =>
        http.Send(HttpMethod.Put, $"/v1/entry?key={Escape(key)}{query}", value, token);

    public static Task<Reply> Delete(this HttpClient http, string key) => http.Send(HttpMethod.Delete, $"/v1/entry?key={Escape(key)}");

    public static Task<Reply> Abandon(this HttpClient http, string key, string? token) =>
        http.Send(HttpMethod.Post, $"/v1/entry/abandon?key={Escape(key)}", token: token);

    public static Task<Reply> Update(this HttpClient http, params string[] tags) => http.Post("/v1/tags/update", new { tags });

    /// <summary>Holds tags, for ten seconds at most if nothing else is said.</summary>
    public static Task<Reply> Hold(this HttpClient http, string[] tags, double? atMost = null) => http.Post("/v1/tags/hold", atMost is null ? new { tags } : new { tags, atMost });

    /// <summary>The identity of a hold that was had.</summary>
    public static async Task<string> TakeHold(this HttpClient http, params string[] tags)
    {
        var reply = await http.Hold(tags);
        Assert.Equal(200, reply.Status);
        return reply.Json.GetProperty("id").GetString()!;
    }

    public static Task<Reply> Release(this HttpClient http, string? id, params string[] tags) => http.Post("/v1/tags/release", new { id, tags });

    public static Task<Reply> Post(this HttpClient http, string path, object body) =>
        http.Send(HttpMethod.Post, path, new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)));

    public static async Task<Reply> Ask(this HttpClient http, string path, CancellationToken cancellationToken = default) =>
        await Reply.Of(await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken));

    public static async Task<Reply> Send(this HttpClient http, HttpMethod method, string path, HttpContent? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (token is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Tag-Cache-Token", token));
        }

        return await Reply.Of(await http.SendAsync(request));
    }

    /// <summary>A read of a key that nobody has, and so the token to make it.</summary>
    public static async Task<string> TakeToken(this HttpClient http, string key) => (await http.Read(key)).IsMissWithToken();

    public static string Escape(string text) => Uri.EscapeDataString(text);

    /// <summary>A body with that Content-Type as it stands, or with none.</summary>
    public static ByteArrayContent Body(byte[] bytes, string? contentType = null)
    {
        var content = new ByteArrayContent(bytes);
        Assert.True(contentType is null || content.Headers.TryAddWithoutValidation("Content-Type", contentType));
        return content;
    }

    public static ByteArrayContent Body(string text, string? contentType = null) => Body(Encoding.UTF8.GetBytes(text), contentType);

    /// <summary>A body whose length is not announced: it is sent in chunks.</summary>
    public static StreamContent Chunked(byte[] bytes)
    {
        var content = new StreamContent(new Unseekable(bytes));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return content;
    }

    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
